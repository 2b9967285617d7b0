import Backprop
import Testing

/// Forward mode, Hessian products and the gradient check on a small network, without the service.
@Suite struct DerivativeTests {
    /// x → tanh(W x + b), entry by entry multiplied by itself.
    private struct Point {
        let network: Network
        let inputs: [Tensor<Double>]
        let parameters: [Tensor<Double>]
        let objective: Objective

        init() throws {
            let definition = NetworkDefinition(
                inputs: [.init("input", [2, 3])],
                parameters: [.init("b", [4])],
                layers: [
                    LayerDefinition("linear", parameters: ["weight": .own([4, 3]), "bias": .shared("b")]),
                    LayerDefinition("tanh"),
                    LayerDefinition("linear", parameters: ["weight": .own([4, 4]), "bias": .shared("b")]),
                    LayerDefinition("sigmoid"),
                ]
            )
            network = try #require(Network.check(definition).network)
            inputs = [.probe([2, 3], seed: 1)]
            parameters = network.parameters.enumerated().map { .probe($1.shape, seed: 2 + $0) }
            objective = Objective(weights: .probe([2, 4], seed: 9))
        }

        var direction: VariableTensors<Double> {
            var direction = VariableTensors<Double>(of: network)
            for (index, variable) in network.differentiableVariables.enumerated() {
                direction[variable] = .probe(shape(of: variable), seed: 20 + index)
            }
            return direction
        }

        func shape(of variable: Variable) -> Shape {
            switch variable {
            case .input(let index): network.inputs[index].shape
            case .parameter(let index): network.parameters[index].shape
            }
        }

        /// Every gradient at the point moved along `direction` by `distance`.
        func gradients(_ direction: VariableTensors<Double>, by distance: Double) throws -> VariableTensors<Double> {
            let move = { (value: Tensor<Double>, tangent: Tensor<Double>?) in
                Tensor(
                    shape: value.shape,
                    elements: zip(value.elements, tangent?.elements ?? []).map { $0 + distance * $1 }
                )
            }
            let pass = try network.forward(
                inputs: zip(inputs, direction.inputs).map(move),
                parameters: zip(parameters, direction.parameters).map(move),
                keeping: Keeping(outputs: false, pullbacks: true)
            )
            let gradients = try pass.backward(from: objective.evaluate(at: pass.output).gradient())
            var found = VariableTensors<Double>(of: network)
            found.inputs = gradients.inputs
            found.parameters =
                gradients.shared.map { $0 }
                + [0, 2].map { gradients.layers[$0]?.parameters[0] }
            return found
        }
    }

    @Test func `a Hessian product is the difference of gradients along the direction`() throws {
        let point = try Point()
        let direction = point.direction
        let result = try point.network.hessianProduct(
            inputs: point.inputs,
            parameters: point.parameters,
            of: point.objective,
            along: direction
        )
        let step = 1e-5
        let (above, below) = (try point.gradients(direction, by: step), try point.gradients(direction, by: -step))
        for variable in point.network.differentiableVariables {
            let product = try #require(result.product[variable])
            for index in product.elements.indices {
                let (a, b) = (try #require(above[variable]), try #require(below[variable]))
                let numeric = (a.elements[index] - b.elements[index]) / (2 * step)
                #expect(agree(product.elements[index], numeric, absolute: 1e-9, relative: 1e-7))
            }
        }
    }

    @Test func `a Hessian is symmetric over all variables together`() throws {
        let point = try Point()
        let first = point.direction
        var second = first
        for variable in point.network.differentiableVariables {
            second[variable] = first[variable]?.map { $0 * $0 - 0.3 }
        }
        let product = { (direction: VariableTensors<Double>) in
            try point.network.hessianProduct(
                inputs: point.inputs,
                parameters: point.parameters,
                of: point.objective,
                along: direction
            ).product
        }
        let (left, right) = (
            dot(try product(first), second, point.network), dot(try product(second), first, point.network)
        )
        #expect(agree(left, right, absolute: 0, relative: 1e-12))
    }

    @Test func `only variables with a tangent have a product`() throws {
        let point = try Point()
        var direction = VariableTensors<Double>(of: point.network)
        direction[.parameter(0)] = .probe([4], seed: 5)
        let product = try point.network.hessianProduct(
            inputs: point.inputs,
            parameters: point.parameters,
            of: point.objective,
            along: direction
        ).product
        #expect(product.inputs.allSatisfy { $0 == nil } && product.parameters.dropFirst().allSatisfy { $0 == nil })
        #expect(product[.parameter(0)]?.shape == [4])
    }

    @Test func `forward mode gives what the gradient gives`() throws {
        let point = try Point()
        let direction = point.direction
        let pass = try point.network.forward(inputs: point.inputs, parameters: point.parameters, along: direction)
        let tangent = point.objective.evaluate(at: pass.output).value.tangent
        let gradients = try point.gradients(direction, by: 0)
        #expect(agree(tangent, dot(gradients, direction, point.network), absolute: 0, relative: 1e-12))
    }

    private func dot(_ a: VariableTensors<Double>, _ b: VariableTensors<Double>, _ network: Network) -> Double {
        network.differentiableVariables.reduce(0) { sum, variable in
            zip(a[variable]?.elements ?? [], b[variable]?.elements ?? []).reduce(sum) { $0 + $1.0 * $1.1 }
        }
    }
}
