import Backprop
import Testing

/// A network of one layer that is described by what a request would say of it.
struct Single {
    let type: String
    var inputs: [Shape]
    var parameters: [String: Shape] = [:]
    var fields: [String: FieldValue] = [:]

    var check: NetworkCheck { check() }

    func check(limits: NetworkLimits = NetworkLimits()) -> NetworkCheck {
        let names = inputs.indices.map { "x\($0)" }
        let layer = LayerDefinition(
            type,
            fields: fields,
            parameters: parameters.mapValues { .own($0) },
            inputs: .named(names)
        )
        let named = zip(names, inputs).map { NetworkDefinition.NamedShape($0, $1) }
        return Network.check(NetworkDefinition(inputs: named, layers: [layer]), limits: limits)
    }

    /// The output at the given tensors, the parameters' by name.
    func output(_ inputs: [Tensor<Double>], _ parameters: [String: Tensor<Double>] = [:]) throws -> Tensor<Double> {
        try pass(inputs, parameters).output
    }

    /// The output and the gradients of the inputs and of the parameters, in their order.
    func gradients(
        _ inputs: [Tensor<Double>],
        _ parameters: [String: Tensor<Double>] = [:],
        from cotangent: Tensor<Double>
    ) throws -> [Tensor<Double>] {
        let gradients = try pass(inputs, parameters).backward(from: cotangent)
        return gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
    }

    func pass<S: Scalar>(_ inputs: [Tensor<S>], _ parameters: [String: Tensor<S>]) throws -> ForwardPass<S> {
        let check = check
        let network = try #require(check.network, "\(check.faults)")
        return try network.forward(
            inputs: inputs,
            parameters: network.parameters.compactMap { parameter in
                if case .layer(_, let field) = parameter.owner { parameters[field] } else { nil }
            },
            keeping: Keeping(outputs: false, pullbacks: true)
        )
    }
}

extension Tensor<Double> {
    /// The element at an index, or 0 where a coordinate lies outside.
    func padded(_ index: Int...) -> Double {
        var position = 0
        for (coordinate, length) in zip(index, shape.dimensions) {
            guard coordinate >= 0, coordinate < length else { return 0 }
            position = position * length + coordinate
        }
        return elements[position]
    }

    static func dot(_ a: Tensor, _ b: Tensor) -> Double { zip(a.elements, b.elements).reduce(0) { $0 + $1.0 * $1.1 } }
}
