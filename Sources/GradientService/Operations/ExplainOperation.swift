package import Backprop

/// `POST /v1/explain`: the derivation, how each gradient comes from a transposed Jacobian times a gradient.
package enum ExplainOperation: Operation {
    package static let name = "explain"
    package static let operationID = "explainGradients"
    package static let summary = "The derivation: each gradient as a transposed Jacobian times a gradient."
    package static let description = """
        For every layer, last to first, and each of its variables: the Jacobian, the four steps that lead to the \
        gradient (transpose, flatten, multiply, reshape) and the gradient's formula entry by entry and as a whole. A \
        Jacobian of more than `max_elements` elements is shown by its shape and pattern: `zero`, `diagonal`, `block` \
        (each output depends on a part of the variable) or `dense`; so is what would make the answer show more than \
        4,194,304 elements of Jacobians in all. Each use of a shared parameter is its layer's own variable.
        """
    package static let needs: Needs = .cotangent
    package static let exampleRequests = ExampleRequests.all
    package static let forms: [AnswerForm] = [.json, .markdown, .html, .graphviz, .mermaid]

    package static func work<S>(_ submission: Submission<S>) -> Double {
        let (network, most) = (submission.network, Double(submission.options.maxElements))
        let shown = submission.returnedLayers.reduce(0.0) { sum, index in
            let rows = Double(network.steps[index].shape.count)
            return network.differentiableOperands(of: index).reduce(sum) {
                $0 + min(rows * Double($1.shape.count), most)
            }
        }
        return 20 * network.cost.gradientOperations + 10 * shown
    }

    package static func memory<S: Scalar & TextScalar>(_ submission: Submission<S>) -> MemoryNeed {
        let (network, most) = (submission.network, Double(submission.options.maxElements))
        var (shown, variables) = (0.0, 0)
        for index in submission.returnedLayers {
            let rows = Double(network.steps[index].shape.count)
            for operand in submission.operands(of: index) {
                let entries = rows * Double(operand.shape.count)
                if entries <= most { shown += entries }
                variables += 1
            }
        }
        shown = min(shown, Double(Explanation<S>.mostShown))
        let layers = submission.returnedLayers
        let gradients = submission.operandElements(layers)
        return submission.need(
            // The Jacobian, its transpose, and what either is made in.
            tensors: submission.lossBytes(on: S.self) + submission.guestBytes
                + network.peakBytes(ofGradients: GradientDemand(), keepingOutputs: true, on: S.self)
                + network.peakBytes(ofForward: Keeping(outputs: false, pullbacks: false), on: Dual.self)
                + (6 * shown + 2 * gradients) * Double(MemoryLayout<S>.stride),
            // The Jacobian and its transpose in two shapes; the product and the gradient, and once more as a result.
            numbers: 3 * shown + 3 * gradients + 2 * submission.outputElements(layers)
                + 2 * Double(network.outputShape.count),
            kept: nil,
            layers: layers.count + variables,
            textOfLayer: 16384
        )
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        let explanation = try Explanation(submission, isCancelled: isCancelled)
        if let rejection = submission.rejection(of: explanation.nonFinite) { return .failure(rejection) }
        submission.timing?.hasComputed()
        var writer = JSONWriter(capacity: 1 << 14)
        writer.explanation(explanation, submission)
        return .success(AnswerText(writer.take()))
    }

    package static func answer<S: Scalar & TextScalar>(
        _ submission: Submission<S>,
        as form: AnswerForm,
        isCancelled: () -> Bool
    ) throws(Cancelled) -> Answer {
        switch form {
        case .graphviz, .mermaid:
            return try GradientsOperation.answer(submission, as: form, isCancelled: isCancelled)
        case .json: return try answer(submission, isCancelled: isCancelled)
        case .markdown, .html, .terminal, .colouredTerminal:
            let explanation = try Explanation(submission, isCancelled: isCancelled)
            if let rejection = submission.rejection(of: explanation.nonFinite) { return .failure(rejection) }
            submission.timing?.hasComputed()
            let document = DocumentBuilder.document(explanation)
            let text =
                switch form {
                case .markdown: MarkdownRenderer.text(document)
                case .html: HTMLRenderer.text(document)
                default: TerminalRenderer.text(document, hasColour: form == .colouredTerminal)
                }
            return .success(AnswerText(Array(text.utf8)))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func explanation<S>(_ explanation: Explanation<S>, _ submission: Submission<S>) {
        let options = submission.options
        beginObject()
        name("loss")
        optionalNumber(explanation.lossValue)
        name("output")
        tensor(explanation.output, as: options.encoding)
        name("output_gradient")
        tensor(explanation.start, as: options.encoding)
        name("layers")
        beginArray()
        for layer in explanation.layers {
            beginLayer(layer.step)
            name("symbol")
            string(layer.symbol.latex)
            name("formula")
            string(layer.formula.latex)
            if !layer.legend.isEmpty {
                name("legend")
                beginArray()
                for entry in layer.legend { string(entry.latex) }
                endArray()
            }
            name("output_gradient")
            tensor(layer.outputGradient, as: options.encoding)
            name("steps_for")
            beginArray()
            for variable in layer.variables { self.variable(variable, options) }
            endArray()
            endObject()
        }
        endArray()
        if options.graph {
            name("graph")
            graph(explanation.graph(submission), in: S.self)
        }
        warnings(explanation.nonFinite, in: submission.network)
        endObject()
        endLine()
    }

    private mutating func variable<S>(_ variable: Explanation<S>.Variable, _ options: RequestOptions) {
        let derivation = variable.derivation
        beginObject()
        name("variable")
        string(derivation.operand.name)
        if let shared = variable.shared {
            name("parameter")
            string(shared)
        }
        name("symbol")
        string(variable.gradientSymbol.latex)
        name("jacobian")
        display(derivation.jacobian, options)
        name("steps")
        beginArray()
        for step in derivation.steps {
            beginObject()
            name("step")
            string(step.kind.rawValue)
            name("shape")
            integers(step.result.shape.dimensions)
            name("value")
            display(step.result, options)
            name("latex")
            string(variable.formula(of: step).latex)
            endObject()
        }
        endArray()
        name("sum_form")
        string(variable.sumForm.latex)
        name("index_form")
        string(variable.indexForm.latex)
        name("matrix_form")
        string(variable.matrixForm.latex)
        name("gradient")
        tensor(derivation.gradient, as: options.encoding)
        endObject()
    }

    private mutating func display<S: Scalar & TextScalar>(_ display: Derivation<S>.Display, _ options: RequestOptions) {
        switch display {
        case .values(let tensor): self.tensor(tensor, as: options.encoding)
        case .pattern(let shape, let pattern):
            beginObject()
            name("shape")
            integers(shape.dimensions)
            name("pattern")
            string(pattern.rawValue)
            endObject()
        }
    }
}

extension ExplainOperation {
    package static var responseSchema: JSONTree {
        let tensor = Schemas.reference("Tensor")
        let latex: JSONTree = ["type": "string", "description": "LaTeX."]
        let shape = Schemas.list("The shape.", of: ["type": "integer"])
        let pattern: JSONTree = [
            "type": "object",
            "title": "TensorPattern",
            "description": "A tensor that is too large to be shown.",
            "required": ["shape", "pattern"],
            "properties": [
                "shape": shape,
                "pattern": ["type": "string", "enum": .array(JacobianPattern.allCases.map { .string($0.rawValue) })],
            ],
        ]
        let display: JSONTree = ["anyOf": [tensor, pattern]]
        let step: JSONTree = [
            "type": "object",
            "title": "DerivationStep",
            "required": ["step", "shape", "value", "latex"],
            "properties": [
                "step": ["type": "string", "enum": ["transpose", "flatten", "multiply", "reshape"]],
                "shape": shape, "value": display, "latex": latex,
            ],
        ]
        let variable: JSONTree = [
            "type": "object",
            "title": "VariableDerivation",
            "required": [
                "variable", "symbol", "jacobian", "steps", "sum_form", "index_form", "matrix_form", "gradient",
            ],
            "properties": [
                "variable": ["type": "string", "description": "The field's name, or inputs[k]."],
                "parameter": ["type": "string", "description": "The shared parameter that it is a use of."],
                "symbol": latex, "jacobian": display,
                "steps": Schemas.list("The four steps.", of: step),
                "sum_form": latex, "index_form": latex, "matrix_form": latex, "gradient": tensor,
            ],
        ]
        return [
            "type": "object",
            "description": "The derivation.",
            "required": ["loss", "output", "output_gradient", "layers"],
            "properties": [
                "loss": Schemas.nullableNumber("The loss; null where none was given."),
                "output": tensor,
                "output_gradient": tensor,
                "layers": Schemas.list(
                    "The layers, last to first.",
                    of: [
                        "type": "object",
                        "title": "LayerDerivation",
                        "required": ["name", "type", "symbol", "formula", "output_gradient", "steps_for"],
                        "properties": [
                            "name": ["type": "string"], "type": ["type": "string"], "symbol": latex, "formula": latex,
                            "legend": Schemas.list("What letters of the formulas stand for.", of: latex),
                            "output_gradient": tensor,
                            "steps_for": Schemas.list("Each variable's derivation.", of: variable),
                        ],
                    ]
                ),
                "graph": Schemas.reference("Graph"),
                "warnings": Schemas.warnings,
            ],
        ]
    }
}
