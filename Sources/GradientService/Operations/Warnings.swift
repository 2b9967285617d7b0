import Backprop

extension Submission {
    /// The rejection of a request that asks for one where numbers are not finite, with each layer where they arose.
    func rejection(of found: [NonFinite]) -> Rejection? {
        guard options.nonFinite == .error, !found.isEmpty else { return nil }
        var faults = FaultList()
        for place in found {
            let layer = quoted(network.steps[place.layer].name)
            faults.add(
                ["network", "layers", .index(place.layer)],
                "layer \(layer), \(place.variable): \(place.detail)"
            )
        }
        return Rejection(faults)
    }
}

extension JSONWriter {
    /// Writes the member that says where numbers first were not finite, if they anywhere were.
    mutating func warnings(_ found: [NonFinite], in network: Network) {
        if found.isEmpty { return }
        name("warnings")
        beginArray()
        for place in found {
            beginObject()
            name("layer")
            string(network.steps[place.layer].name)
            name("variable")
            string(place.variable)
            name("detail")
            string(place.detail)
            endObject()
        }
        endArray()
    }
}

extension [NonFinite] {
    /// The first finding at each place, where several runs of a network found some.
    var firstOfEachPlace: [NonFinite] {
        var seen: Set<PlaceInNetwork> = []
        return filter { seen.insert(PlaceInNetwork(layer: $0.layer, place: $0.place)).inserted }
    }
}

private struct PlaceInNetwork: Hashable {
    let layer: Int
    let place: NonFinite.Place
}

extension NonFinite {
    /// The tensor's name on the wire.
    fileprivate var variable: String {
        switch place {
        case .output: "output"
        case .outputGradient: "output_gradient"
        case .input(let index): "inputs[\(index)]"
        case .field(let name): name
        }
    }

    /// How many entries there are, where the first is and what it is.
    fileprivate var detail: String {
        let what =
            value.isFinite
            ? "has a tangent that is not finite" : "is \(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")"
        if shape.rank == 0 { return "it \(what)" }
        let position = shape.indices(of: first).map(String.init).joined(separator: ", ")
        return "\(count) of \(shape.count) entries are not finite; the first, at [\(position)], \(what)"
    }
}

extension Schemas {
    /// The member that says where numbers first were not finite.
    static let warnings = list(
        "Where numbers first were not finite; absent where they nowhere were.",
        of: [
            "type": "object",
            "title": "Warning",
            "required": ["layer", "variable", "detail"],
            "properties": [
                "layer": ["type": "string"],
                "variable": [
                    "type": "string", "description": "output, output_gradient, inputs[k] or the name of a field.",
                ],
                "detail": ["type": "string"],
            ],
        ]
    )
}
