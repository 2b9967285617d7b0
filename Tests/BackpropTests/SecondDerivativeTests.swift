import Backprop
import Testing

/// Hessian-vector products, which are gradients run on duals, against differences of gradients.
@Suite struct SecondDerivativeTests {
    private let step = 1e-5

    @Test(arguments: LayerPoint.all)
    func `a layer's gradients on duals agree with differences of gradients`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let cotangent = Tensor<Double>.probe(layer.network.outputShape, seed: 7)
        let direction = layer.variables.enumerated().map { Tensor<Double>.probe($1.value.shape, seed: 20 + $0) }
        let products = try layer.gradients(from: cotangent, along: direction)
        let above = try layer.moved(along: direction, by: step).gradients(from: cotangent)
        let below = try layer.moved(along: direction, by: -step).gradients(from: cotangent)
        for (index, variable) in layer.variables.enumerated() {
            for element in variable.value.elements.indices {
                let exact = products[index].elements[element].tangent
                let numeric = (above[index].elements[element] - below[index].elements[element]) / (2 * step)
                #expect(
                    agree(exact, numeric, absolute: 1e-7, relative: 1e-6),
                    "\(variable.name)[\(element)]: \(exact) and \(numeric)"
                )
            }
        }
    }

    @Test(arguments: LossPoint.all)
    func `a loss's gradient on duals agrees with differences of gradients`(at point: LossPoint) {
        let loss = point.make()
        let output = point.example.output
        let direction = Tensor<Double>.probe(output.shape, seed: 20)
        let product = Dual.entries.loss(loss, output.lifted(along: direction)).gradient()
        let above = Double.entries.loss(loss, output.moved(along: direction, by: step)).gradient()
        let below = Double.entries.loss(loss, output.moved(along: direction, by: -step)).gradient()
        for element in output.elements.indices {
            let numeric = (above.elements[element] - below.elements[element]) / (2 * step)
            let exact = product.elements[element].tangent
            #expect(agree(exact, numeric, absolute: 1e-7, relative: 1e-6), "\(element): \(exact) and \(numeric)")
        }
    }
}

extension OneLayer {
    /// The gradients of all variables.
    func gradients(from cotangent: Tensor<Double>) throws -> [Tensor<Double>] {
        let gradients = try run(keepsPullbacks: true).backward(from: cotangent)
        return gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
    }

    /// The gradients of all variables, their tangents being those along a direction of the variables.
    func gradients(from cotangent: Tensor<Double>, along direction: [Tensor<Double>]) throws -> [Tensor<Dual>] {
        let pass = try forward(direction, keepsPullbacks: true)
        let gradients = try pass.backward(from: cotangent.map { Dual($0) })
        return gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
    }
}

extension Tensor<Double> {
    func moved(along direction: Tensor, by distance: Double) -> Tensor {
        Tensor(shape: shape, elements: zip(elements, direction.elements).map { $0 + distance * $1 })
    }

    func lifted(along direction: Tensor) -> Tensor<Dual> {
        Tensor<Dual>(shape: shape, elements: zip(elements, direction.elements).map { Dual($0, tangent: $1) })
    }
}
