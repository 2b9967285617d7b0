import Backprop

/// A member of a request that sets an option: how it is read, its default and its place in the contract all come from
/// one line of ``all``.
struct OptionMember: Sendable {
    /// The name on the wire.
    let name: String
    /// What values it takes.
    let kind: Field.Kind
    /// The value where it is left out.
    let standard: FieldValue
    /// One sentence that says what it does.
    let doc: String
    /// Sets the option.
    let set: @Sendable (inout RequestOptions, FieldValue) -> Void

    /// Every option, in the order in which the contract lists them.
    static let all = [
        choice("dtype", \.dtype, "The type of number computed with."),
        choice("encoding", \.encoding, "The form of tensors in the answer."),
        choice("non_finite", \.nonFinite, "Whether numbers that are not finite are written as strings or refused."),
        flag("graph", \.graph, "Whether the computational graph is returned."),
        flag("whole_network", \.wholeNetwork, "Whether the whole network's Jacobian is returned."),
        integer("max_elements", 0, \.maxElements, "The most elements of a Jacobian that a derivation shows."),
        OptionMember(
            name: "epsilon",
            kind: .number(.positive),
            standard: .number(1e-6),
            doc: "The step of the gradient check's differences."
        ) { options, value in if case .number(let number) = value { options.epsilon = number } },
        tolerance("relative_tolerance", \.relativeTolerance, "The gradient check's relative tolerance."),
        tolerance("absolute_tolerance", \.absoluteTolerance, "The gradient check's absolute tolerance."),
        integer("samples", 1, \.samples, "How many entries of a tensor the gradient check tries at most."),
        integer("seed", .min, \.seed, "What the entries that the gradient check tries are drawn by."),
    ]

    /// The option of the given name.
    static func named(_ name: JSONName) -> OptionMember? { all.first { JSONName($0.name) == name } }

    private typealias Path<Value> = any WritableKeyPath<RequestOptions, Value> & Sendable

    private static func flag(_ name: String, _ path: Path<Bool>, _ doc: String) -> OptionMember {
        let standard = FieldValue.flag(RequestOptions()[keyPath: path])
        return OptionMember(name: name, kind: .flag, standard: standard, doc: doc) { options, value in
            if case .flag(let flag) = value { options[keyPath: path] = flag }
        }
    }

    private static func integer(_ name: String, _ minimum: Int, _ path: Path<Int>, _ doc: String) -> OptionMember {
        let standard = FieldValue.integers([RequestOptions()[keyPath: path]])
        let kind = Field.Kind.integer(minimum: minimum)
        return OptionMember(name: name, kind: kind, standard: standard, doc: doc) { options, value in
            if case .integers(let list) = value { options[keyPath: path] = list[0] }
        }
    }

    private static func tolerance(_ name: String, _ path: Path<Double>, _ doc: String) -> OptionMember {
        let standard = FieldValue.number(RequestOptions()[keyPath: path])
        return OptionMember(name: name, kind: .number(.notNegative), standard: standard, doc: doc) { options, value in
            if case .number(let number) = value { options[keyPath: path] = number }
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String,
        _ path: Path<Choice>,
        _ doc: String
    ) -> OptionMember {
        let standard = FieldValue.choice(RequestOptions()[keyPath: path].rawValue)
        let kind = Field.Kind.choice(Choice.allCases.map(\.rawValue))
        return OptionMember(name: name, kind: kind, standard: standard, doc: doc) { options, value in
            if case .choice(let word) = value, let choice = Choice(rawValue: word) { options[keyPath: path] = choice }
        }
    }
}
