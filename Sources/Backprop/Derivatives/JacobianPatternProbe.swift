extension Linearization {
    /// The pattern of a layer's Jacobian, without the Jacobian.
    ///
    /// From the closed form where the layer has one, else by a bounded look: pulling ones and an arbitrary vector g
    /// back tells `zero` (nothing comes back) and `diagonal` (Jᵀg = Jᵀ1 ⊙ g, both of one size); then up to sixteen
    /// rows, spread evenly, are looked at, and more than half of their entries being nonzero means `dense`.
    ///
    /// - Parameters:
    ///   - index: The layer's position.
    ///   - operand: The operand.
    /// - Returns: The pattern.
    public func pattern(ofLayer index: Int, withRespectTo operand: Network.Operand) -> JacobianPattern {
        if let form = structuredJacobian(ofLayer: index, operand.position) { return form.pattern }
        let shape = network.steps[index].shape
        let ones = pull(Tensor(shape: shape, repeating: 1), layer: index, operand)
        let directions = Tensor(shape: shape, elements: (0..<shape.count).map { S(Self.direction($0)) })
        let mixed = pull(directions, layer: index, operand)
        if zip(ones, mixed).allSatisfy({ $0.value == 0 && $1.value == 0 }) { return .zero }

        var isDiagonal = ones.count == shape.count && Self.isDiagonal(ones, mixed, directions.elements)
        let step = max(1, shape.count / 16)
        var (nonzero, seen) = (0, 0)
        for row in stride(from: 0, to: shape.count, by: step) {
            for (column, entry) in pull(.basis(shape, row), layer: index, operand).enumerated() where entry.value != 0 {
                nonzero += 1
                if column != row { isDiagonal = false }
            }
            seen += operand.shape.count
        }
        return isDiagonal ? .diagonal : 2 * nonzero > seen ? .dense : .block
    }

    private func pull(_ cotangent: Tensor<S>, layer index: Int, _ operand: Network.Operand) -> [S] {
        var wanted = Wanted.none
        wanted[operand.position] = true
        return pass.pullbacks[index](cotangent, wanted)[operand.position]?.elements ?? []
    }

    /// Numbers in 0.5…1.5 without a pattern: multiples of the golden ratio's fraction.
    private static func direction(_ index: Int) -> Double {
        let turn = Double(index + 1) * 0.618_033_988_749_894_9
        return 0.5 + turn - turn.rounded(.down)
    }

    private static func isDiagonal(_ ones: [S], _ mixed: [S], _ directions: [S]) -> Bool {
        let tolerance = 64 * S.machineEpsilon
        return ones.indices.allSatisfy { index in
            let (expected, given) = ((ones[index] * directions[index]).value, mixed[index].value)
            return abs(expected - given) <= tolerance * abs(expected)
        }
    }
}
