import Backprop

extension Layer {
    /// A request that shows the layer at work: its first example, summed up to one number.
    package static var exampleRequest: JSONTree? {
        guard let example = examples.first else { return nil }
        let names =
            example.inputs.count == 1 ? ["input"] : ["a", "b", "c", "d"].prefix(example.inputs.count).map { $0 }
        var layer: JSONTree = ["name": "y", "type": .string(type)]
        if names.count > 1 { layer["inputs"] = .array(names.map { .string($0) }) }
        for field in fields {
            layer[field.name] =
                example.parameters[field.name].map(ExampleNumbers.tree)
                ?? example.fields[field.name].flatMap(ExampleNumbers.json)
        }
        let inputs = zip(names, example.inputs).map { ($0, ExampleNumbers.tree($1)) }
        return [
            "network": ["layers": [layer, ["name": "C", "type": "sum"]]],
            "inputs": .members(inputs),
        ]
    }
}

extension Loss {
    /// A request that shows the loss at work: its first example, the output being the input times 1.
    package static var exampleRequest: JSONTree? {
        guard let example = examples.first else { return nil }
        var loss: JSONTree = ["type": .string(type)]
        for field in fields { loss[field.name] = example.fields[field.name].flatMap(ExampleNumbers.json) }
        return [
            "network": ["layers": [["name": "x", "type": "scale", "factor": 1]]],
            "input": ExampleNumbers.tree(example.output),
            "loss": loss,
        ]
    }
}

/// The examples' numbers as they are written in a request for reading.
private enum ExampleNumbers {
    static func json(_ value: FieldValue) -> JSONTree? {
        if case .constant(let tensor) = value { return tree(tensor) }
        return CatalogueSchemas.json(value)
    }

    /// A tensor as nested arrays, its numbers rounded: no example lies so near to a kink that it matters.
    static func tree(_ tensor: Tensor<Double>) -> JSONTree {
        var rows = tensor.elements.map { element -> JSONTree in
            let rounded = (element * 1000).rounded() / 1000
            return Int(exactly: rounded).map { .integer($0) } ?? .number(rounded)
        }
        for length in tensor.shape.dimensions.dropFirst().reversed() {
            rows = stride(from: 0, to: rows.count, by: length).map { .array(Array(rows[$0..<($0 + length)])) }
        }
        return tensor.shape.rank == 0 ? rows[0] : .array(rows)
    }
}
