import Backprop
import Testing

/// Explicit Jacobians and the four steps, driven by the catalogue.
@Suite struct JacobianTests {
    @Test(arguments: LayerPoint.all)
    func `a layer's Jacobians are its pullback's rows, whichever way they are computed`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let network = try layer.network.linearize(inputs: layer.inputs, parameters: layer.parameters)
        let operands = layer.network.differentiableOperands(of: 0)
        #expect(operands.count == layer.variables.count)
        let closed = try network.jacobians(ofLayer: 0, withRespectTo: operands)
        let general = try network.generalJacobians(ofLayer: 0, withRespectTo: operands)
        let pass = try layer.run(keepsPullbacks: true)
        let output = layer.network.outputShape
        for row in 0..<output.count {
            let gradients = try pass.backward(from: basis(output, row))
            let parts = gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
            for (index, part) in parts.enumerated() {
                #expect(closed[index].shape == output + operands[index].shape)
                for (column, exact) in part.elements.enumerated() {
                    let position = row * part.count + column
                    #expect(agree(closed[index].elements[position], exact, absolute: 1e-13, relative: 1e-11))
                    #expect(agree(general[index].elements[position], exact, absolute: 1e-13, relative: 1e-11))
                }
            }
        }
    }

    @Test(arguments: LayerPoint.all)
    func `the four steps lead to the gradient`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let network = try layer.network.linearize(inputs: layer.inputs, parameters: layer.parameters)
        let cotangent = Tensor<Double>.probe(layer.network.outputShape, seed: 3)
        let gradients = try #require(try network.pass.backward(from: cotangent).layers[0])
        let derivations = try network.derivations(
            ofLayer: 0,
            withRespectTo: layer.network.differentiableOperands(of: 0),
            gradients: gradients,
            shows: { _ in true }
        )
        for derivation in derivations {
            let (out, variable) = (layer.network.outputShape, derivation.operand.shape)
            #expect(
                derivation.steps.map(\.result.shape)
                    == [variable + out, [variable.count, out.count], [variable.count], variable]
            )
            let last = try #require(derivation.steps.last?.result.values)
            for (a, b) in zip(last.elements, derivation.gradient.elements) {
                #expect(agree(a, b, absolute: 1e-11, relative: 1e-9))
            }
        }
    }

    /// A pattern that is found without the Jacobian agrees with the Jacobian.
    @Test(arguments: LayerPoint.all)
    func `the pattern found by a look is that of the Jacobian`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let network = try layer.network.linearize(inputs: layer.inputs, parameters: layer.parameters)
        for operand in layer.network.differentiableOperands(of: 0) {
            let jacobian = try network.jacobians(ofLayer: 0, withRespectTo: [operand])[0]
            let columns = operand.shape.count
            let nonzero = jacobian.elements.indices.filter { jacobian.elements[$0] != 0 }
            switch network.pattern(ofLayer: 0, withRespectTo: operand) {
            case .zero: #expect(nonzero.isEmpty)
            case .diagonal:
                #expect(columns == layer.network.outputShape.count && !nonzero.isEmpty)
                #expect(nonzero.allSatisfy { $0 / columns == $0 % columns })
            case .block: #expect(nonzero.count < jacobian.count)
            case .dense: #expect(2 * nonzero.count >= jacobian.count)
            }
        }
    }

    @Test func `a network's Jacobian is the same by rows and by columns`() throws {
        // One wide and one narrow end, so that either way round another mode is chosen.
        for (width, height) in [(2, 9), (9, 2)] {
            let (input, network) = try chain(width, height)
            let point = try network.linearize(inputs: [input], parameters: weights(of: network))
            let jacobian = try #require(try point.networkJacobians()[0])
            #expect(jacobian.shape == [height, width])
            for row in 0..<height {
                let gradient = try #require(try point.pass.backward(from: basis([height], row)).inputs[0])
                for column in 0..<width {
                    let entry = jacobian.elements[row * width + column]
                    #expect(agree(entry, gradient.elements[column], absolute: 1e-13, relative: 1e-11))
                }
            }
        }
    }

    @Test func `computing Jacobians can be given up between rows`() throws {
        let (input, network) = try chain(40, 40)
        let point = try network.linearize(inputs: [input], parameters: weights(of: network))
        var asked = 0
        #expect(throws: Cancelled.self) {
            _ = try point.networkJacobians {
                asked += 1
                return asked > 10
            }
        }
        #expect(asked == 11)
    }

    /// linear, tanh, linear.
    private func chain(_ width: Int, _ height: Int) throws -> (Tensor<Double>, Network) {
        let definition = NetworkDefinition(
            inputs: [.init("input", [width])],
            layers: [
                LayerDefinition("linear", parameters: ["weight": .own([5, width])]),
                LayerDefinition("tanh"),
                LayerDefinition("linear", parameters: ["weight": .own([height, 5])]),
            ]
        )
        return (.probe([width], seed: 1), try #require(Network.check(definition).network))
    }

    private func weights(of network: Network) -> [Tensor<Double>] {
        network.parameters.enumerated().map { .probe($1.shape, seed: 2 + $0) }
    }
}
