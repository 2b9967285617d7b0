import Backprop

/// The code of the article "How a gradient flows through a network".
enum GradientFlow {
    struct Invalid: Error { let faults: [Fault] }

    static func run() throws {
        // A network is written down with shapes alone …
        let definition = NetworkDefinition(
            inputs: [.init("input", [3])],
            layers: [
                LayerDefinition("linear", name: .given("y"), parameters: ["weight": .own([4, 3])]),
                LayerDefinition("tanh"),
                LayerDefinition("linear", name: .given("z"), parameters: ["weight": .own([2, 4])]),
            ]
        )
        // … and validated once, which gives a plan or everything that is wrong with it.
        let check = Network.check(definition)
        guard let network = check.network else { throw Invalid(faults: check.faults) }

        // The weights and the input come when it runs.
        let w1 = Tensor(shape: [4, 3], elements: [0.1, 0, 0.2, -0.1, 0.3, 0.1, 0.2, 0.1, 0, 0, -0.1, 0.1])
        let w2 = Tensor(shape: [2, 4], elements: [1.0, 2, -1, 0, 3, 0, 1, -2])
        let x = Tensor(shape: [3], elements: [1.0, -2, 3])
        let pass = try network.forward(
            inputs: [x],
            parameters: [w1, w2],
            keeping: Keeping(outputs: true, pullbacks: true)
        )
        print("z =", pass.output.elements)

        // Backward: from ∂C/∂z to every gradient.
        let cotangent = Tensor(shape: [2], elements: [1.0, -1])
        let gradients = try pass.backward(from: cotangent)
        for (step, own) in zip(network.steps, gradients.layers).reversed() {
            guard let own else { continue }
            print("∂C/∂\(step.name) =", own.output.elements)
        }
        print("∂C/∂x =", gradients.inputs[0]?.elements ?? [])

        // Forward: how fast C moves as x moves along a direction.
        var direction = VariableTensors<Double>(of: network)
        direction.inputs[0] = Tensor(shape: [3], elements: [0, 1, 0])
        let moved = try network.forward(inputs: [x], parameters: [w1, w2], along: direction)
        let slope = zip(moved.output.tangents.elements, cotangent.elements).reduce(0) { $0 + $1.0 * $1.1 }
        print("∂C/∂x₁ =", slope)

        // And by differences.
        let report = try network.runCheck(
            GradientCheck(),
            of: Objective(weights: cotangent),
            inputs: [x],
            parameters: [w1, w2]
        )
        print("agrees with differences:", report.passes)
    }
}
