import Backprop

/// The derivation of a network's gradients: everything that JSON and the documents show, in one place.
struct Explanation<S: Scalar & TextScalar> {
    /// One layer's part.
    struct Layer {
        let step: Network.Step
        /// The symbol of its output.
        let symbol: Formula
        /// The forward formula.
        let formula: Formula
        /// What letters of the formulas stand for that are not written as symbols of the network.
        let legend: [Formula]
        let output: Tensor<S>
        /// ∂C/∂output.
        let outputGradient: Tensor<S>
        let variables: [Variable]
    }

    /// One variable of a layer.
    struct Variable {
        let derivation: Derivation<S>
        /// Its own symbol.
        let symbol: Formula
        /// The name of the shared parameter that it is a use of.
        let shared: String?
        /// The gradient entry by entry.
        let indexForm: Formula
        /// The gradient as a whole.
        let matrixForm: Formula
        /// The symbol of the layer's output.
        let output: Formula
        let objective: Formula
    }

    let network: Network
    let symbols: Symbols
    let inputs: [Tensor<S>]
    let output: Tensor<S>
    let loss: (any Loss)?
    let lossValue: S?
    /// ∂C/∂output of the network.
    let start: Tensor<S>
    /// Last to first.
    let layers: [Layer]
    let gradients: Gradients<S>
    /// Every layer's output.
    private let outputs: [Tensor<S>?]

    /// Where numbers first were not finite.
    let nonFinite: [NonFinite]

    /// The computational graph.
    func graph(_ submission: Submission<S>) -> ComputationalGraph {
        ComputationalGraph(submission, outputs: outputs, loss: lossValue, gradients: gradients)
    }

    /// The most elements that the Jacobians of one answer show together; beyond it patterns, so that an answer stays
    /// bounded however many layers there are.
    static var mostShown: Int { 1 << 22 }

    /// Derives the gradients of a request.
    init(_ submission: Submission<S>, isCancelled: () -> Bool) throws(Cancelled) {
        let network = submission.network
        let point = try network.linearize(
            inputs: submission.inputs,
            parameters: submission.parameters,
            isCancelled: isCancelled
        )
        let loss = submission.evaluateLoss(at: point.pass.output)
        let start = submission.cotangent(loss)
        let gradients = try point.pass.backward(from: start, isCancelled: isCancelled)
        let isOutputObjective =
            submission.loss == nil && submission.outputGradient == nil && network.outputShape.count == 1
        let symbols = Symbols(network, isOutputObjective: isOutputObjective)

        var layers: [Layer] = []
        var shown = 0
        for index in submission.returnedLayers.reversed() {
            guard let own = gradients.layers[index], let output = point.pass.outputs[index] else { continue }
            let operands = submission.operands(of: index)
            let derivations = try point.derivations(
                ofLayer: index,
                withRespectTo: operands,
                gradients: own,
                shows: { count in
                    guard let count, count <= submission.options.maxElements else { return false }
                    guard count <= Self.mostShown - shown else { return false }
                    shown += count
                    return true
                },
                isCancelled: isCancelled
            )
            let wording = LayerWording(network, index, symbols)
            layers.append(
                Layer(
                    step: network.steps[index],
                    symbol: symbols.outputs[index],
                    formula: wording.formula,
                    legend: wording.legend,
                    output: output,
                    outputGradient: own.output,
                    variables: derivations.map { wording.variable($0) }
                )
            )
        }
        self.network = network
        self.symbols = symbols
        self.inputs = submission.inputs
        self.output = point.pass.output
        self.loss = submission.loss
        self.lossValue = loss?.value
        self.start = start
        self.layers = layers
        self.gradients = gradients
        nonFinite = point.pass.nonFinite + gradients.nonFinite
        outputs = point.pass.outputs
    }
}

/// A layer's formulas in the symbols of the network it stands in.
private struct LayerWording {
    private let network: Network
    private let index: Int
    private let symbols: Symbols
    private let formulas: LayerFormulas
    private let rewriter: FormulaRewriter

    init(_ network: Network, _ index: Int, _ symbols: Symbols) {
        self.network = network
        self.index = index
        self.symbols = symbols
        formulas = network.formulas(of: index)
        let step = network.steps[index]
        var replaced: [String: Formula] = [:]
        var gradientLetters: Set<String> = []
        for (letter, meaning) in type(of: step.layer).letters {
            switch meaning {
            case .input(let position):
                if position < step.inputs.count { replaced[letter] = symbols.source(step.inputs[position]) }
            case .output: replaced[letter] = symbols.outputs[index]
            case .gradient: gradientLetters.insert(letter)
            case .parameter(let field): replaced[letter] = symbols.parameter(field, of: index)
            }
        }
        rewriter = FormulaRewriter(
            symbols: replaced,
            gradientLetters: gradientLetters,
            objective: symbols.objective,
            output: symbols.outputs[index]
        )
    }

    var formula: Formula { rewriter.rewrite(Formula(formulas.formula)) }

    /// `Q = x`, for each letter that the layer keeps.
    var legend: [Formula] {
        let step = network.steps[index]
        return type(of: step.layer).legend.compactMap { letter, meaning in
            let symbol: Formula? =
                switch meaning {
                case .input(let position):
                    // Attention takes a single input as query, key and value.
                    step.inputs.isEmpty ? nil : symbols.source(step.inputs[min(position, step.inputs.count - 1)])
                case .output: symbols.outputs[index]
                case .gradient: .derivative(symbols.objective, symbols.outputs[index])
                case .parameter(let field): symbols.parameter(field, of: index)
                }
            return symbol.map { .row([Formula(letter), .symbol("="), $0]) }
        }
    }

    func variable<S>(_ derivation: Derivation<S>) -> Explanation<S>.Variable {
        let operand = derivation.operand
        let stated = formulas.gradient(operand.name)
        return Explanation.Variable(
            derivation: derivation,
            symbol: symbols.operand(operand, of: index),
            shared: shared(operand),
            indexForm: rewriter.rewrite(Formula(stated?.index ?? "")),
            matrixForm: rewriter.rewrite(Formula(stated?.matrix ?? "")),
            output: symbols.outputs[index],
            objective: symbols.objective
        )
    }

    private func shared(_ operand: Network.Operand) -> String? {
        let step = network.steps[index]
        guard !operand.isInput, let parameter = step.parameters[operand.position - step.inputs.count],
            case .shared(let name) = network.parameters[parameter].owner
        else { return nil }
        return name
    }
}

extension Explanation.Variable {
    /// ∂C/∂v.
    var gradientSymbol: Formula { .inlineDerivative(objective, symbol) }

    /// ∂C/∂v = Σᵢ ∂C/∂yᵢ ∂yᵢ/∂v: the sum over the output's components.
    var sumForm: Formula {
        let entry = Formula.scripts(.fenced("(", output, ")"), sub: .symbol("i"), sup: nil)
        let component: Formula =
            if case .scripts(let base, nil, let sup) = output {
                .scripts(base, sub: .symbol("i"), sup: sup)
            } else if case .symbol = output {
                .scripts(output, sub: .symbol("i"), sup: nil)
            } else {
                entry
            }
        return .row([
            .derivative(objective, symbol), .symbol("="),
            .scripts(.symbol("\\sum"), sub: .symbol("i"), sup: nil), .derivative(component, symbol), .space("\\,"),
            .derivative(objective, component),
        ])
    }

    /// What a step does, with the shape that comes out.
    func formula(of step: Derivation<S>.Step) -> Formula {
        let jacobian = Formula.scripts(.fenced("(", .derivative(output, symbol), ")"), sub: nil, sup: .symbol("\\top"))
        let matrix = Formula.scripts(.symbol("J"), sub: nil, sup: .symbol("\\top"))
        let vector = Formula.row([.function("vec"), .fenced("(", .derivative(objective, output), ")")])
        let shape = step.result.shape
        return switch step.kind {
        case .transpose: .row([jacobian, .symbol("\\in"), .space(shape)])
        case .flatten: .row([matrix, .symbol("="), .reshape(jacobian, to: shape), .symbol("\\in"), .space(shape)])
        case .multiply:
            .row([.symbol("v"), .symbol("="), matrix, .space("\\,"), vector, .symbol("\\in"), .space(shape)])
        case .reshape:
            .row([
                .derivative(objective, symbol), .symbol("="), .reshape(.symbol("v"), to: shape), .symbol("\\in"),
                .space(shape),
            ])
        }
    }
}

extension Formula {
    /// The space of tensors of a shape: ℝ²ˣ⁴.
    static func space(_ shape: Shape) -> Formula {
        let reals = Formula.style("mathbb", .symbol("R"))
        if shape.rank == 0 { return reals }
        var parts: [Formula] = []
        for length in shape.dimensions {
            if !parts.isEmpty { parts.append(.symbol("\\times")) }
            parts.append(.number("\(length)"))
        }
        return .scripts(reals, sub: nil, sup: parts.count == 1 ? parts[0] : .row(parts))
    }

    /// A tensor under another shape.
    fileprivate static func reshape(_ tensor: Formula, to shape: Shape) -> Formula {
        .row([
            .function("reshape"), .fenced("(", .row([tensor, .symbol(","), .space("\\,"), .number("\(shape)")]), ")"),
        ])
    }
}
