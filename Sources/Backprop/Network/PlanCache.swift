import Synchronization

/// Plans of networks that were validated before, by their content: an equal definition need not be validated again.
///
/// A plan has no weights, so two requests of one network with other weights share it. For a small network, validation
/// is a quarter of a request.
package final class PlanCache: Sendable {
    /// One for the process: whether a definition is valid depends on nothing else.
    package static let shared = PlanCache(capacity: 128)

    /// Networks with more layers are not kept; they take long to compute as well.
    private static let mostLayers = 256

    private struct Key: Hashable {
        let definition: NetworkDefinition
        let limits: NetworkLimits

        static func == (left: Key, right: Key) -> Bool {
            left.limits.elements == right.limits.elements && left.limits.rank == right.limits.rank
                && left.definition.isSame(as: right.definition)
        }

        func hash(into hasher: inout Hasher) { definition.hashContent(into: &hasher) }
    }

    private struct Entry {
        let check: NetworkCheck
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Makes a cache that keeps the plans used last.
    ///
    /// - Parameter capacity: How many.
    package init(capacity: Int) { self.capacity = capacity }

    /// Validates a definition as ``Network/check(_:limits:)`` does, or finds the plan of an equal one.
    ///
    /// - Parameters:
    ///   - definition: The network.
    ///   - limits: The bounds.
    /// - Returns: The plan, or what is wrong.
    package func check(_ definition: NetworkDefinition, limits: NetworkLimits) -> NetworkCheck {
        guard definition.layers.count <= PlanCache.mostLayers, !definition.hasConstants else {
            return Network.check(definition, limits: limits)
        }
        let key = Key(definition: definition, limits: limits)
        let known = state.withLock { state -> NetworkCheck? in
            guard let index = state.entries.index(forKey: key) else { return nil }
            state.uses += 1
            state.entries.values[index].lastUse = state.uses
            return state.entries.values[index].check
        }
        if let known { return known }
        let check = Network.check(definition, limits: limits).followingSamples()
        // What has faults is not kept: it would push out what is of use.
        guard check.network != nil, check.faults.isEmpty else { return check }
        state.withLock { state in
            if state.entries.count >= capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
            state.uses += 1
            state.entries[key] = Entry(check: check, lastUse: state.uses)
        }
        return check
    }
}

extension NetworkCheck {
    /// The same with the ways of samples through the network found out in advance.
    fileprivate func followingSamples() -> NetworkCheck {
        NetworkCheck(network: network?.followingSamples(), faults: faults, outputShape: outputShape)
    }
}

// Equality and hash by bytes, as names are compared everywhere; `String` takes two spellings of é for equal.

extension NetworkDefinition {
    /// Whether a field holds a tensor, of which plans keep the values.
    fileprivate var hasConstants: Bool {
        layers.contains { layer in layer.fields.contains { if case .constant = $0.value { true } else { false } } }
    }

    fileprivate func isSame(as other: NetworkDefinition) -> Bool {
        inputs.elementsEqual(other.inputs) { $0.isSame(as: $1) }
            && parameters.elementsEqual(other.parameters) { $0.isSame(as: $1) }
            && output.map(Name.init) == other.output.map(Name.init)
            && layers.elementsEqual(other.layers) { $0.isSame(as: $1) }
    }

    /// The shapes of parameters are left out: they mostly follow from the rest.
    fileprivate func hashContent(into hasher: inout Hasher) {
        for input in inputs { hasher.combine(input.shape?.dimensions) }
        for layer in layers {
            hasher.combine(layer.type.map { ObjectIdentifier($0) })
            if case .given(let name) = layer.name { hasher.combine(Name(name)) }
        }
        hasher.combine(layers.count)
    }
}

extension NetworkDefinition.NamedShape {
    fileprivate func isSame(as other: Self) -> Bool { shape == other.shape && Name(name) == Name(other.name) }
}

extension LayerDefinition {
    fileprivate func isSame(as other: LayerDefinition) -> Bool {
        type.map { ObjectIdentifier($0) } == other.type.map { ObjectIdentifier($0) } && name.isSame(as: other.name)
            && inputs.isSame(as: other.inputs) && parameters.count == other.parameters.count
            && parameters.allSatisfy { field, value in other.parameters[field]?.isSame(as: value) ?? false }
            && fields.count == other.fields.count
            && fields.allSatisfy { field, value in other.fields[field]?.isSame(as: value) ?? false }
            && faultyFields == other.faultyFields
    }
}

extension FieldValue {
    /// Whether two values do the same, which 0 and -0 need not.
    fileprivate func isSame(as other: FieldValue) -> Bool {
        switch (self, other) {
        case (.number(let one), .number(let two)): one.bitPattern == two.bitPattern
        default: self == other
        }
    }
}

extension LayerDefinition.Name {
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.standard, .standard), (.faulty, .faulty): true
        case (.given(let one), .given(let two)): Name(one) == Name(two)
        default: false
        }
    }
}

extension LayerDefinition.Inputs {
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.previous, .previous), (.faulty, .faulty): true
        case (.named(let one), .named(let two)): one.map { $0.map(Name.init) } == two.map { $0.map(Name.init) }
        default: false
        }
    }
}

extension LayerDefinition.Parameter {
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.own(let one), .own(let two)): one == two
        case (.shared(let one), .shared(let two)): Name(one) == Name(two)
        case (.faulty, .faulty): true
        default: false
        }
    }
}
