/// How the gradient with respect to one operand comes from the layer's Jacobian and the gradient at its output: the
/// transposed Jacobian times that gradient, in four steps.
public struct Derivation<S: Scalar>: Sendable {
    /// One step.
    public struct Step: Sendable {
        /// What it does.
        public let kind: StepKind
        /// What comes out.
        public let result: Display
    }

    /// The steps in their order.
    public enum StepKind: String, Sendable, CaseIterable {
        /// J of shape (out…, v…) becomes (v…, out…).
        case transpose
        /// (v…, out…) becomes the matrix (|v|, |out|).
        case flatten
        /// That matrix times the flattened ∂C/∂output, giving |v| numbers.
        case multiply
        /// Back to v's shape.
        case reshape
    }

    /// A tensor that is shown by its numbers or, if it would be too large, by its pattern.
    public enum Display: Sendable {
        case values(Tensor<S>)
        case pattern(Shape, JacobianPattern)

        /// The shape.
        public var shape: Shape {
            switch self {
            case .values(let tensor): tensor.shape
            case .pattern(let shape, _): shape
            }
        }

        /// The numbers, if they are shown.
        public var values: Tensor<S>? { if case .values(let tensor) = self { tensor } else { nil } }
    }

    /// The operand.
    public let operand: Network.Operand
    /// The Jacobian, of shape (out…, v…).
    public let jacobian: Display
    /// The four steps.
    public let steps: [Step]
    /// ∂C/∂v as back-propagation computes it, which is what the last step gives.
    public let gradient: Tensor<S>

    /// The derivation by an explicit Jacobian.
    ///
    /// - Parameters:
    ///   - operand: The operand v.
    ///   - jacobian: ∂output/∂v, of shape (out…, v…).
    ///   - cotangent: ∂C/∂output.
    ///   - gradient: ∂C/∂v from back-propagation.
    public init(of operand: Network.Operand, jacobian: Tensor<S>, cotangent: Tensor<S>, gradient: Tensor<S>) {
        let (rows, columns) = (cotangent.count, operand.shape.count)
        let flat = transposed(jacobian.elements, rows: rows, columns: columns)
        let product = multiply(flat, cotangent.elements, rows: columns)
        self.operand = operand
        self.jacobian = .values(jacobian)
        self.gradient = gradient
        let results = [
            Tensor(shape: operand.shape + cotangent.shape, elements: flat),
            Tensor(shape: [columns, rows], elements: flat),
            Tensor(shape: [columns], elements: product),
            Tensor(shape: operand.shape, elements: product),
        ]
        steps = zip(StepKind.allCases, results).map { Step(kind: $0, result: .values($1)) }
    }

    /// The derivation by the pattern of a Jacobian that is too large to be shown.
    ///
    /// - Parameters:
    ///   - operand: The operand v.
    ///   - pattern: The pattern of ∂output/∂v.
    ///   - output: The output's shape.
    ///   - gradient: ∂C/∂v from back-propagation.
    public init(of operand: Network.Operand, pattern: JacobianPattern, output: Shape, gradient: Tensor<S>) {
        self.operand = operand
        self.gradient = gradient
        jacobian = .pattern(output + operand.shape, pattern)
        let product: JacobianPattern = gradient.elements.allSatisfy { $0.value == 0 } ? .zero : .dense
        steps = [
            Step(kind: .transpose, result: .pattern(operand.shape + output, pattern)),
            Step(kind: .flatten, result: .pattern([operand.shape.count, output.count], pattern)),
            Step(kind: .multiply, result: .pattern([operand.shape.count], product)),
            Step(kind: .reshape, result: .pattern(operand.shape, product)),
        ]
    }
}

/// A row-major (rows, columns) matrix as its transpose.
@specialized(where S == Double)
@specialized(where S == Float)
private func transposed<S: Scalar>(_ matrix: [S], rows: Int, columns: Int) -> [S] {
    let source = matrix.span
    return [S](capacity: matrix.count) { out in
        for column in 0..<columns { for row in 0..<rows { out.append(source[row * columns + column]) } }
    }
}

/// A row-major matrix of so many rows times a vector.
@specialized(where S == Double)
@specialized(where S == Float)
private func multiply<S: Scalar>(_ matrix: [S], _ vector: [S], rows: Int) -> [S] {
    var product = [S](repeating: .zero, count: rows)
    MatrixProduct(rows: rows, columns: 1, inner: vector.count).multiply(matrix, vector, into: &product)
    return product
}

extension Linearization {
    /// The derivations of a layer's gradients.
    ///
    /// - Parameters:
    ///   - index: The layer's position.
    ///   - operands: The operands.
    ///   - gradients: The layer's gradients, from a backward pass over this one.
    ///   - shows: Whether a Jacobian of so many elements is shown by its numbers; the count is `nil` past `Int.max`.
    ///   - isCancelled: Asked between rows; `true` gives the run up.
    /// - Returns: A derivation for each of `operands`.
    /// - Throws: ``Cancelled``.
    public func derivations(
        ofLayer index: Int,
        withRespectTo operands: [Network.Operand],
        gradients: Gradients<S>.OfLayer,
        shows: (Int?) -> Bool,
        isCancelled: () -> Bool = { false }
    ) throws(Cancelled) -> [Derivation<S>] {
        let output = network.steps[index].shape
        let inputCount = network.steps[index].inputs.count
        var derivations: [Derivation<S>] = []
        let shown = operands.map { shows((output + $0.shape).checkedCount) }
        let wanted = zip(operands, shown).filter(\.1).map(\.0)
        var jacobians = try jacobians(ofLayer: index, withRespectTo: wanted, isCancelled: isCancelled)[...]
        for (operand, isShown) in zip(operands, shown) {
            if isCancelled() { throw Cancelled() }
            let found =
                operand.isInput
                ? gradients.inputs[operand.position] : gradients.parameters[operand.position - inputCount]
            guard let gradient = found else { preconditionFailure("a differentiable operand has a gradient") }
            if isShown, let jacobian = jacobians.popFirst() {
                derivations.append(
                    Derivation(of: operand, jacobian: jacobian, cotangent: gradients.output, gradient: gradient)
                )
            } else {
                let pattern = pattern(ofLayer: index, withRespectTo: operand)
                derivations.append(Derivation(of: operand, pattern: pattern, output: output, gradient: gradient))
            }
        }
        return derivations
    }
}
