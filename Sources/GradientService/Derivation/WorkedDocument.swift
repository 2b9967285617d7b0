import Backprop

/// The lecture's derivation, told with the numbers that the service computes for its example.
///
/// `make documents` writes it to Documentation/derivation.md, and a test holds that file to it.
package struct WorkedDocument {
    private let explanation: Explanation<Double>
    private let request: String

    /// The document as Markdown.
    ///
    /// - Parameter resources: Where the example `lecture` is.
    /// - Returns: The text.
    /// - Throws: What reading the example reports, or why it is not valid.
    package static func derivation(_ resources: Resources) throws -> [UInt8] {
        let request = try resources.read("Examples/lecture.json")
        guard case .float64(let submission) = try AnySubmission.decode(request, .cotangent, limits: RequestLimits())
        else { preconditionFailure("the example is in float64") }
        let document = WorkedDocument(
            explanation: try Explanation(submission) { false },
            request: String(decoding: request, as: UTF8.self)
        )
        return Array(document.text.utf8)
    }

    // MARK: Numbers

    private func layer(_ name: String) -> Explanation<Double>.Layer {
        guard let layer = explanation.layers.first(where: { $0.step.name == name }) else {
            preconditionFailure("the lecture network has \(name)")
        }
        return layer
    }

    private func variable(_ layer: String, _ name: String) -> Explanation<Double>.Variable {
        let variables = self.layer(layer).variables
        guard let variable = variables.first(where: { $0.derivation.operand.name == name }) else {
            preconditionFailure("layer \(layer) has \(name)")
        }
        return variable
    }

    private func value(_ layer: String) -> String {
        let layer = self.layer(layer)
        return MarkdownRenderer.tensor(TensorView(layer.symbol, layer.output))
    }

    private func jacobian(_ layer: String, _ name: String) -> String {
        let variable = variable(layer, name)
        let symbol = Formula.derivative(variable.output, variable.symbol)
        return MarkdownRenderer.tensor(TensorView(symbol, variable.derivation.jacobian))
    }

    private func gradient(_ layer: String, _ name: String) -> String {
        let variable = variable(layer, name)
        let symbol = Formula.derivative(variable.objective, variable.symbol)
        return MarkdownRenderer.tensor(TensorView(symbol, variable.derivation.gradient))
    }

    private func indexForm(_ layer: String, _ name: String) -> String { "$$\(variable(layer, name).indexForm.latex)$$" }

    private func matrixForm(_ layer: String, _ name: String) -> String {
        "$$\(variable(layer, name).matrixForm.latex)$$"
    }

    private func step(_ kind: Derivation<Double>.StepKind, _ symbol: String) -> String {
        let steps = variable("z", "weight").derivation.steps
        guard let step = steps.first(where: { $0.kind == kind }) else { preconditionFailure("there are four steps") }
        return MarkdownRenderer.tensor(TensorView(Formula(symbol), step.result), indent: "   ")
    }

    // MARK: The text

    private var text: String {
        """
        # Back-propagation is a transposed Jacobian times a gradient

        This is the derivation that Nabla comes from, told with numbers that Nabla computed. The file is written by
        `make documents`; `nabla explain` gives the same for any network.

        ## The network

        $$x \\in \\mathbb{R}^3 \\;\\to\\; y = W^{(1)} x \\in \\mathbb{R}^4 \\;\\to\\; z = W^{(2)} y \\in \\mathbb{R}^2 \\;\\to\\; C = W^{(3)} z \\in \\mathbb{R}$$

        As a request, which `GET /v1/examples/lecture` gives as well:

        ```json
        \(request.trimmingNewline)
        ```

        The forward pass:

        \(value("y"))

        \(value("z"))

        \(value("C"))

        ## Gradients with respect to vectors

        C depends on z alone through one row of numbers, so the gradient with respect to z is that row, stood upright:

        \(matrixForm("C", "inputs[0]"))

        \(gradient("C", "inputs[0]"))

        From z back to y the chain rule sums over the components of z. With the Jacobian of z with respect to y, whose
        row i holds the derivatives of zᵢ, the sum is a product with the *transposed* Jacobian (Goodfellow, Bengio and
        Courville, *Deep Learning*, p. 206, eq. 6.46):

        $$\\frac{\\partial C}{\\partial y} = \\left(\\frac{\\partial z}{\\partial y}\\right)^{\\top} \\frac{\\partial C}{\\partial z}$$

        The layer is linear, so its Jacobian is its matrix:

        \(jacobian("z", "inputs[0]"))

        \(gradient("z", "inputs[0]"))

        Likewise from y to x:

        \(matrixForm("y", "inputs[0]"))

        \(gradient("y", "inputs[0]"))

        ## The gradient with respect to a matrix

        W⁽²⁾ is no vector, and the Jacobian of z with respect to it has three dimensions: first the output's, then the
        variable's two. Entry (i, j, k) is ∂zᵢ/∂Wⱼₖ. The first slice has y in its first row and zeros in the second, for
        z₀ depends on the first row of W⁽²⁾ alone; the second slice is the reverse.

        \(jacobian("z", "weight"))

        The chain rule is the same sum over the components of z:

        $$\(variable("z", "weight").sumForm.latex)$$

        And it is still a transposed Jacobian times a gradient. Four steps make it a product of a matrix and a vector:

        1. **Transpose**: the output's dimension goes last.

        \(step(.transpose, "T"))

        2. **Flatten**: the variable's dimensions become one, as `T.reshape(-1, 2)` does.

        \(step(.flatten, "J^\\top"))

        3. **Multiply** by ∂C/∂z, which gives eight numbers.

        \(step(.multiply, "v"))

        4. **Reshape** them to the shape of W⁽²⁾.

        \(step(.reshape, "\\partial C/\\partial W^{(2)}"))

        ## What nobody computes that way

        Most of the Jacobian is zeros. Entry by entry only one term of the sum is left:

        \(indexForm("z", "weight"))

        So the gradient is an outer product, and no Jacobian need ever be written down:

        \(matrixForm("z", "weight"))

        \(gradient("z", "weight"))

        For the other two matrices in the same way:

        \(matrixForm("y", "weight"))

        \(gradient("y", "weight"))

        \(matrixForm("C", "weight"))

        \(gradient("C", "weight"))

        This is all that a library does in its backward pass, layer by layer, and why one should understand it is told in
        Andrej Karpathy's "Yes you should understand backprop".

        ## To see it yourself

        ```sh
        curl -s localhost:8080/v1/examples/lecture | curl --json @- -H 'Accept: text/markdown' localhost:8080/v1/explain
        nabla explain --format html request.json > derivation.html
        ```

        """
    }
}

extension String {
    fileprivate var trimmingNewline: Substring { hasSuffix("\n") ? dropLast() : self[...] }
}
