import Backprop

/// Tells a derivation as a document.
struct DocumentBuilder<S: Scalar & TextScalar> {
    private let explanation: Explanation<S>
    private var document = DerivationDocument(title: "How the gradients come about")

    private typealias Inline = DerivationDocument.Inline

    /// The document of an explanation.
    static func document(_ explanation: Explanation<S>) -> DerivationDocument {
        var builder = DocumentBuilder(explanation)
        builder.build()
        return builder.document
    }

    private init(_ explanation: Explanation<S>) { self.explanation = explanation }

    private mutating func build() {
        network()
        start()
        for layer in explanation.layers { self.layer(layer) }
        ending()
    }

    // MARK: The network

    private mutating func network() {
        let network = explanation.network
        add(
            .text(
                "Back-propagation goes from the last layer to the first. At each it multiplies the transposed Jacobian "
            ),
            .text("of the layer by the gradient at the layer's output. Numbers are rounded to six digits.")
        )
        add(.heading(2, [.text("The network")]))
        // Long formulas stand with their layers alone.
        let hasFormulas = explanation.layers.allSatisfy { $0.formula.plain.count <= 32 }
        var rows: [[[Inline]]] = []
        for (index, input) in network.inputs.enumerated() {
            let symbol = explanation.symbols.inputs[index]
            rows.append([
                [.code(input.name)], [.text(input.isIndices ? "input, integers" : "input")],
                [.math(.row([symbol, .symbol("\\in"), .space(input.shape)]))],
            ])
            if hasFormulas { rows[rows.count - 1].append([]) }
        }
        for layer in explanation.layers.reversed() {
            rows.append([
                [.code(layer.step.name)], [.code(layer.step.type)],
                [.math(.row([layer.symbol, .symbol("\\in"), .space(layer.step.shape)]))],
            ])
            if hasFormulas { rows[rows.count - 1].append([.math(layer.formula)]) }
        }
        let head = ["name", "type", "value"] + (hasFormulas ? ["formula"] : [])
        document.blocks.append(.table(.init(head: head, rows: rows)))
        for (index, input) in explanation.inputs.enumerated() {
            document.blocks.append(.tensor(TensorView(explanation.symbols.inputs[index], input)))
        }
        for layer in explanation.layers.reversed() {
            document.blocks.append(.tensor(TensorView(layer.symbol, layer.output)))
        }
    }

    // MARK: Where it starts

    private mutating func start() {
        let network = explanation.network
        let output = explanation.symbols.outputs[network.output]
        let derivative = Formula.derivative(explanation.symbols.objective, output)
        add(.heading(2, [.text("Where it starts")]))
        if let loss = explanation.loss {
            let type = Swift.type(of: loss)
            var words: [Inline] = [.text("The loss is "), .code(type.type), .text(" of the output")]
            if let value = explanation.lossValue {
                let number = Formula.number(ShortNumber.text(value.value))
                words += [.text(", "), .math(.row([.symbol("C"), .symbol("="), number]))]
            }
            document.blocks.append(.paragraph(words + [.text(":")]))
            // Losses write x for the output.
            let rewriter = FormulaRewriter(
                symbols: ["x": output],
                gradientLetters: [],
                objective: explanation.symbols.objective,
                output: output
            )
            display(rewriter.rewrite(Formula(type.formula)))
            display(rewriter.rewrite(Formula(type.gradientFormula)))
            document.blocks.append(.tensor(TensorView(derivative, explanation.start)))
        } else if output == explanation.symbols.objective {
            add(
                .text("The output is a single number, the scalar "),
                .math(output),
                .text(" itself, so its gradient is "),
                .math(.row([derivative, .symbol("="), .number("1")])),
                .text(".")
            )
        } else {
            add(.text("The request gives the gradient at the output."))
            document.blocks.append(.tensor(TensorView(derivative, explanation.start)))
        }
    }

    // MARK: Layers

    private mutating func layer(_ layer: Explanation<S>.Layer) {
        let derivative = Formula.derivative(explanation.symbols.objective, layer.symbol)
        add(.heading(2, [.text("Layer "), .code(layer.step.name), .text(", \(layer.step.type)")]))
        display(layer.formula)
        if !layer.legend.isEmpty {
            var words: [Inline] = [.text("Here ")]
            for (index, entry) in layer.legend.enumerated() {
                if index > 0 { words.append(.text(index == layer.legend.count - 1 ? " and " : ", ")) }
                words.append(.math(entry))
            }
            document.blocks.append(.paragraph(words + [.text(".")]))
        }
        if !layer.step.reachesOutput {
            add(.text("The output does not depend on this layer, so every gradient is zero."))
        }
        add(.text("The gradient at its output, from the layers after it:"))
        document.blocks.append(.tensor(TensorView(derivative, layer.outputGradient)))
        for variable in layer.variables { self.variable(variable, layer) }
    }

    private mutating func variable(_ variable: Explanation<S>.Variable, _ layer: Explanation<S>.Layer) {
        let derivation = variable.derivation
        let (name, output) = (derivation.operand.name, variable.output)
        let gradient = Formula.derivative(variable.objective, variable.symbol)
        add(.heading(3, [.math(variable.gradientSymbol), .text(", with respect to "), .code(name)]))
        if let shared = variable.shared {
            add(
                .text("This is one use of the shared parameter "),
                .code(shared),
                .text("; its uses' gradients are added.")
            )
        }
        add(
            .text(
                "The Jacobian has the output's shape \(layer.step.shape) and then the variable's \(derivation.operand.shape):"
            )
        )
        document.blocks.append(.tensor(TensorView(.derivative(output, variable.symbol), derivation.jacobian)))
        add(.text("The transposed Jacobian times the gradient, in four steps:"))
        document.blocks.append(.steps(steps(variable)))
        add(.text("The same as a sum over the output's components:"))
        display(variable.sumForm)
        if let numbers = sum(variable, layer) { display(numbers) }
        add(.text("Entry by entry:"))
        display(variable.indexForm)
        add(.text("As a whole:"))
        display(variable.matrixForm)
        document.blocks.append(.tensor(TensorView(gradient, derivation.gradient)))
    }

    private func steps(_ variable: Explanation<S>.Variable) -> [DerivationDocument.Step] {
        let derivation = variable.derivation
        let symbols: [Formula] = [
            .scripts(.fenced("(", .derivative(variable.output, variable.symbol), ")"), sub: nil, sup: .symbol("\\top")),
            .scripts(.symbol("J"), sub: nil, sup: .symbol("\\top")), .symbol("v"),
            .derivative(variable.objective, variable.symbol),
        ]
        var before = derivation.jacobian.shape
        return zip(derivation.steps, symbols).map { step, symbol in
            defer { before = step.result.shape }
            // What keeps its shape keeps its numbers.
            let isSame = step.kind != .transpose && step.kind != .multiply && step.result.shape == before
            var words: [Inline] = [.strong(step.kind.title), .text(" \(before) to \(step.result.shape)")]
            if step.kind == .multiply { words = [.strong(step.kind.title), .text(", giving \(step.result.shape)")] }
            if isSame { words.append(.text(", which changes nothing here")) }
            return DerivationDocument.Step(
                words: words,
                formula: variable.formula(of: step),
                result: isSame ? nil : TensorView(symbol, step.result)
            )
        }
    }

    /// The sum over the output's components with its numbers, where it is short.
    private func sum(_ variable: Explanation<S>.Variable, _ layer: Explanation<S>.Layer) -> Formula? {
        let (cotangent, shape) = (layer.outputGradient, variable.derivation.operand.shape)
        guard let jacobian = variable.derivation.jacobian.values, cotangent.count <= 4, shape.count <= 16,
            shape.rank <= 2
        else { return nil }
        func matrix(_ elements: ArraySlice<S>) -> Formula {
            if shape.rank == 0 { return .number(ShortNumber.text(elements.first?.value ?? 0)) }
            let columns = shape.rank == 2 ? shape[1] : 1
            let texts = elements.map { Formula.number(ShortNumber.text($0.value)) }
            return .matrix((0..<(texts.count / columns)).map { Array(texts[($0 * columns)..<(($0 + 1) * columns)]) })
        }
        var parts: [Formula] = [.derivative(variable.objective, variable.symbol), .symbol("=")]
        for row in 0..<cotangent.count {
            let factor = cotangent.elements[row].value
            if row > 0 || factor < 0 { parts.append(.symbol(factor < 0 ? "-" : "+")) }
            parts.append(.number(ShortNumber.text(abs(factor))))
            parts.append(shape.rank == 0 ? .symbol("\\cdot") : .space("\\,"))
            parts.append(matrix(jacobian.elements[(row * shape.count)..<((row + 1) * shape.count)]))
        }
        parts.append(.symbol("="))
        parts.append(matrix(variable.derivation.gradient.elements[...]))
        return .row(parts)
    }

    // MARK: What came out

    private mutating func ending() {
        let network = explanation.network
        let objective = explanation.symbols.objective
        add(.heading(2, [.text("What came out")]))
        for (index, gradient) in explanation.gradients.inputs.enumerated() {
            guard let gradient else { continue }
            document.blocks.append(
                .tensor(TensorView(.derivative(objective, explanation.symbols.inputs[index]), gradient))
            )
        }
        for (index, gradient) in explanation.gradients.shared.enumerated() {
            guard case .shared(let name) = network.parameters[index].owner else { continue }
            add(.text("The shared parameter "), .code(name), .text(", summed over its uses:"))
            let symbol = Formula.derivative(objective, .scripts(.symbol("\\theta"), sub: .number("\(index)"), sup: nil))
            document.blocks.append(.tensor(TensorView(symbol, gradient)))
        }
        for layer in explanation.layers.reversed() {
            for variable in layer.variables where !variable.derivation.operand.isInput && variable.shared == nil {
                let symbol = Formula.derivative(objective, variable.symbol)
                document.blocks.append(.tensor(TensorView(symbol, variable.derivation.gradient)))
            }
        }
    }

    private mutating func display(_ formula: Formula) {
        document.blocks += formula.lines.map { .display($0) }
    }

    private mutating func add(_ block: DerivationDocument.Block) { document.blocks.append(block) }

    private mutating func add(_ words: Inline...) { document.blocks.append(.paragraph(words)) }
}

extension Derivation.StepKind {
    /// The step's name at the beginning of a line.
    fileprivate var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}
