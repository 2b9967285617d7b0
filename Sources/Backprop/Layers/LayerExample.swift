/// A layer's settings and operands to test, benchmark and document it with.
public struct LayerExample: Sendable {
    /// The inputs.
    public let inputs: [Tensor<Double>]
    /// The learnable fields that are given.
    public let parameters: [String: Tensor<Double>]
    /// The other fields that are given.
    public let fields: [String: FieldValue]

    /// Makes an example.
    public init(
        _ inputs: [Tensor<Double>],
        parameters: [String: Tensor<Double>] = [:],
        fields: [String: FieldValue] = [:]
    ) {
        self.inputs = inputs
        self.parameters = parameters
        self.fields = fields
    }
}

extension Tensor<Double> {
    /// Numbers of mixed sign without a pattern, magnitudes within 0.1…2: none is at a kink and no two are equal.
    ///
    /// The same call gives the same numbers; `seed` tells tensors of one example apart.
    static func sample(_ dimensions: Int..., seed: Int = 0) -> Tensor { sample(Shape(dimensions), seed: seed) }

    /// As the variadic form.
    static func sample(_ shape: Shape, seed: Int = 0) -> Tensor {
        // Multiples of the golden ratio's fraction spread evenly and never repeat.
        let elements = (0..<shape.count).map { index in
            let turn = (Double(index + 1) * 0.618_033_988_749_894_9 + Double(seed) * 0.324_717_957_244_746)
            let unit = 2 * (turn - turn.rounded(.down)) - 1
            return (unit < 0 ? -0.1 : 0.1) + 1.9 * unit
        }
        return Tensor(shape: shape, elements: elements)
    }

    /// As `sample`, with magnitudes within 0.1…2 times `factor`.
    static func scaledSample(_ dimensions: Int..., seed: Int = 0, by factor: Double) -> Tensor {
        sample(Shape(dimensions), seed: seed).map { factor * $0 }
    }

    /// As `sample`, all positive.
    static func positiveSample(_ dimensions: Int..., seed: Int = 0) -> Tensor {
        sample(Shape(dimensions), seed: seed).map { abs($0) }
    }
}
