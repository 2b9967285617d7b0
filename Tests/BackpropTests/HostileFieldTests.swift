import Backprop
import Testing

/// Hyperparameters as large as a client likes: nothing may trap, take long or be allocated by their size.
@Suite struct HostileFieldTests {
    private static let sizes = [1, 2, 3, 7, 1 << 20, 1 << 31, 1 << 32, 1 << 61, 1 << 62, .max / 2, .max - 1, .max]

    @Test(arguments: LayerPoint.all.filter { point in point.type.fields.contains { integers($0.kind) != nil } })
    func `a layer bears integers of any size`(at point: LayerPoint) throws {
        var random = SplitMix(state: 11)
        var limits = NetworkLimits()
        limits.elements = 1 << 12
        var ran = 0
        for _ in 0..<400 {
            var single = Single(point)
            for field in point.type.fields {
                guard let (count, minimum) = integers(field.kind), Bool.random(using: &random) else { continue }
                let list = (0..<(count ?? Int.random(in: 1...3, using: &random))).map { _ in
                    let size = Self.sizes.randomElement(using: &random) ?? 1
                    return max(minimum < 0 && Bool.random(using: &random) ? -size : size, minimum)
                }
                single.fields[field.name] = .integers(list)
            }
            guard let network = single.check(limits: limits).network else { continue }
            let bytes = network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: true, on: Double.self)
            #expect(bytes < 8e6 && network.cost.forwardOperations < 1e9)
            // Indices stay those of the example.
            let pass = try network.forward(
                inputs: point.example.inputs,
                parameters: network.parameters.compactMap { parameter in
                    if case .layer(_, let field) = parameter.owner { point.example.parameters[field] } else { nil }
                },
                keeping: Keeping(outputs: false, pullbacks: true)
            )
            _ = try pass.backward(from: Tensor(shape: network.outputShape, repeating: 1))
            ran += 1
        }
        #expect(ran > 0)
    }
}

/// How many integers a field takes and how small they may be, if it takes any.
private func integers(_ kind: Field.Kind) -> (count: Int?, minimum: Int)? {
    switch kind {
    case .integer(let minimum): (1, minimum)
    case .integers(let count, let minimum): (count, minimum)
    case .integersOrChoice(let count, let minimum, _): (count, minimum)
    case .parameter, .constant, .number, .flag, .choice: nil
    }
}
