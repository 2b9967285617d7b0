/// The sum over some dimensions, or all.
struct Sum: Layer {
    static let type = "sum"
    static let summary = "The sum over dimensions."
    static let fields = ReducedDimensions.fields
    static let shapeRule = ReducedDimensions.shapeRule
    static let formula = "y_i = \\sum_k x_{ik}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{ik} = g_i",
            matrix: "\\partial C/\\partial x = \\operatorname{expand}(g)"
        )
    ]
    static let examples = ReducedDimensions.examples

    private let reduced: ReducedDimensions

    init(_ fields: FieldValues) { reduced = ReducedDimensions(fields) }
    func shape(of operands: inout OperandShapes) -> Shape? { reduced.shape(of: &operands) }
    func work(operands: [Shape], output: Shape) -> Work { Work(operations: Double(operands[0].count)) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let plan = reduced.plan(for: x.shape)
        return Evaluation(Tensor(shape: plan.output, elements: plan.sum(x.elements.span, dividedBy: 1))) { g, _ in
            [Tensor(shape: x.shape, elements: plan.expand(g.elements.span, dividedBy: 1))]
        }
    }
}

/// The mean over some dimensions, or all.
struct Mean: Layer {
    static let type = "mean"
    static let summary = "The mean over dimensions."
    static let fields = ReducedDimensions.fields
    static let shapeRule = ReducedDimensions.shapeRule
    static let formula = "y_i = \\frac{1}{n} \\sum_{k=1}^n x_{ik}"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_{ik} = \\tfrac{1}{n}\\, g_i",
            matrix: "\\partial C/\\partial x = \\tfrac{1}{n} \\operatorname{expand}(g)"
        )
    ]
    static let examples = ReducedDimensions.examples

    private let reduced: ReducedDimensions

    init(_ fields: FieldValues) { reduced = ReducedDimensions(fields) }
    func shape(of operands: inout OperandShapes) -> Shape? { reduced.shape(of: &operands) }
    func work(operands: [Shape], output: Shape) -> Work { Work(operations: Double(operands[0].count)) }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let x = operands.input()
        let plan = reduced.plan(for: x.shape)
        let n = S(Double(x.count / plan.output.count))
        return Evaluation(Tensor(shape: plan.output, elements: plan.sum(x.elements.span, dividedBy: n))) { g, _ in
            [Tensor(shape: x.shape, elements: plan.expand(g.elements.span, dividedBy: n))]
        }
    }
}

/// The dimensions that a layer sums over, and whether they stay, of length 1.
private struct ReducedDimensions {
    static let fields: [Field] = [
        .optional("dim", .integers(count: nil, minimum: .min), "The dimensions summed over; all by default."),
        .optional("keepdim", .flag, standard: .flag(false), "Whether they stay, of length 1."),
    ]
    static let shapeRule =
        "the input's shape without the dimensions in dim, or with 1 in their place if keepdim is true"
    static let examples = [
        LayerExample([.sample(2, 3)]),
        LayerExample([.sample(2, 3, 4)], fields: ["dim": .integers([1])]),
        LayerExample([.sample(2, 5, 3, 4)], fields: ["dim": .integers([0, -2]), "keepdim": .flag(true)]),
        LayerExample([.sample(2, 3, 4)], fields: ["dim": .integers([-1, 1])]),
    ]

    private let dims: [Int]
    private let stay: Bool

    init(_ fields: FieldValues) {
        dims = fields.optionalIntegers("dim") ?? []
        stay = fields.flag("keepdim")
    }

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let x = operands.input(), let isReduced = operands.dimensions("dim", dims, in: x) else { return nil }
        return output(x, isReduced)
    }

    func plan(for input: Shape) -> Plan {
        var operands = OperandShapes(inputs: [], parameters: [:])
        let named = operands.dimensions("dim", dims, in: input) ?? []
        let isReduced = dims.isEmpty ? named.map { _ in true } : named
        return Plan(input, isReduced, output: output(input, named))
    }

    private func output(_ input: Shape, _ named: [Bool]) -> Shape {
        let isReduced = { dims.isEmpty || named[$0] }
        if stay { return Shape(input.dimensions.indices.map { isReduced($0) ? 1 : input[$0] }) }
        return Shape(input.dimensions.indices.filter { !isReduced($0) }.map { input[$0] })
    }

    /// A sum over some dimensions of one shape.
    struct Plan {
        let output: Shape
        let isReduced: [Bool]
        private let input: Shape
        /// Through the input, and along with it through the output.
        private let walk: StridedWalk

        init(_ input: Shape, _ isReduced: [Bool], output: Shape) {
            self.input = input
            self.isReduced = isReduced
            self.output = output
            var steps = [Int](repeating: 0, count: input.rank)
            var stride = 1
            for index in (0..<input.rank).reversed() where !isReduced[index] {
                steps[index] = stride
                stride *= input[index]
            }
            walk = StridedWalk(input.dimensions, steps)
        }

        func sum<S: Scalar>(_ x: Span<S>, dividedBy divisor: S) -> [S] {
            var sums = [S](repeating: .zero, count: output.count)
            var y = sums.mutableSpan
            let (length, step) = (walk.rowLength, walk.aStep)
            if step == 0 {
                walk.forEachRow { position, target, _ in y[target] += Backprop.sum(length) { x[position + $0] } }
            } else {
                walk.forEachRow { position, target, _ in
                    for k in 0..<length { y[target + k * step] += x[position + k] }
                }
            }
            if divisor != 1 { for i in 0..<y.count { y[i] = y[i] / divisor } }
            return sums
        }

        func expand<S: Scalar>(_ g: Span<S>, dividedBy divisor: S) -> [S] {
            let (length, step) = (walk.rowLength, walk.aStep)
            return [S](capacity: input.count) { out in
                walk.forEachRow { _, target, _ in
                    for k in 0..<length { out.append(g[target + k * step] / divisor) }
                }
            }
        }
    }
}
