import Backprop

/// x² where x is positive, else 0: the activation of the Primer transformer.
struct SquaredReLU: Entrywise {
    static let type = "squared_relu"
    static let summary = "The square of what is positive."
    static let formula = "y_i = \\max(x_i, 0)^2"
    static let slopeFormula = "2 \\max(x_i, 0)"
    static let examples = [LayerExample([Tensor(shape: [2], elements: [0.5, -0.5])])]
    init(_ fields: FieldValues) {}
    func f<S: Scalar>(_ x: S) -> S { x > 0 ? x * x : 0 }
    func slope<S: Scalar>(_ x: S, _ y: S) -> S { x > 0 ? 2 * x : 0 }
}

/// y = s x with one learnable number s.
struct Gain: Layer {
    static let type = "gain"
    static let summary = "A learnable factor."
    static let fields: [Field] = [.required("weight", .parameter, "The factor s; ().")]
    static let shapeRule = "the input's shape"
    static let formula = "y = W x"
    static let gradients = [
        GradientFormula(
            "inputs[0]",
            index: "\\partial C/\\partial x_i = W g_i",
            matrix: "\\partial C/\\partial x = W g"
        ),
        GradientFormula(
            "weight",
            index: "\\partial C/\\partial W = \\sum_i x_i g_i",
            matrix: "\\partial C/\\partial W = x \\cdot g"
        ),
    ]
    static let examples = [
        LayerExample([Tensor(shape: [2], elements: [0.5, -2])], parameters: ["weight": Tensor(3)])
    ]

    init(_ fields: FieldValues) {}

    func shape(of operands: inout OperandShapes) -> Shape? {
        guard let weight = operands["weight"] else { return nil }
        guard weight == [] else { return operands.fault("weight", "weight must be a number; it is \(weight)") }
        return operands.input()
    }

    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (x, s) = (operands.input(), operands.parameter(0).elements[0])
        return Evaluation(x.map { s * $0 }) { g, wanted in
            var gradients: [Tensor<S>?] = [nil, nil]
            if wanted[0] { gradients[0] = g.map { s * $0 } }
            if wanted[1] {
                var sum: S = .zero
                for (a, b) in zip(x.elements, g.elements) { sum += a * b }
                gradients[1] = Tensor(sum)
            }
            return gradients
        }
    }
}

/// The code of the article "Add a layer".
enum AddedLayers {
    static func run() throws {
        let definition = NetworkDefinition(
            inputs: [.init("input", [3])],
            layers: [LayerDefinition(SquaredReLU.self), LayerDefinition(Gain.self, parameters: ["weight": .own([])])]
        )
        let check = Network.check(definition)
        guard let network = check.network else { throw GradientFlow.Invalid(faults: check.faults) }

        let report = try network.runCheck(
            GradientCheck(),
            of: Objective(weights: Tensor(shape: [3], elements: [1.0, 2, 3])),
            inputs: [Tensor(shape: [3], elements: [0.5, -0.25, 2])],
            parameters: [Tensor(-1.5)]
        )
        print("added layers agree with differences:", report.passes)
    }
}
