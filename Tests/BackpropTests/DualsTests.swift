import Backprop
import Testing

/// Several directions followed at once, which must give what each gives by itself, to the last bit.
@Suite struct DualsTests {
    @Test func `tangents and Hessian products of random graphs are those of one direction at a time`() async throws {
        let graphs = try await withThrowingTaskGroup(of: RandomGraph.self) { group in
            for seed in 0..<RandomGraphTests.graphs {
                group.addTask {
                    let graph = try RandomGraph(seed: seed)
                    try Self.check(graph)
                    return graph
                }
            }
            return try await group.reduce(into: [RandomGraph]()) { $0.append($1) }
        }
        #expect(Set(graphs.flatMap { $0.layers.compactMap(\.type).map { $0.type } }) == Set(Catalogue.layerTypes))
        #expect(Set(graphs.compactMap(\.lossType)) == Set(Catalogue.lossTypes))
    }

    private static func check(_ graph: RandomGraph) throws {
        let network = graph.network
        // One that moves everything, one that moves the inputs alone, one that moves nothing.
        var ofInputs = graph.direction(seed: 2)
        for index in ofInputs.parameters.indices { ofInputs.parameters[index] = nil }
        let directions = [graph.direction(seed: 1), ofInputs, VariableTensors(of: network)]
        let together = try network.forward(
            inputs: graph.inputs,
            parameters: graph.parameters,
            alongEach: directions
        )
        let objective = graph.objective.evaluate(at: together.output).value
        let products = try network.hessianProducts(
            inputs: graph.inputs,
            parameters: graph.parameters,
            of: graph.objective,
            alongEach: directions
        )
        #expect(products.count == directions.count)
        for (lane, direction) in directions.enumerated() {
            let (pass, value) = try graph.forward(along: direction)
            #expect(objective.value.bitPattern == value.value.bitPattern, "seed \(graph.seed)")
            #expect(objective.tangents[lane].bitPattern == value.tangent.bitPattern, "seed \(graph.seed)")
            for (several, one) in zip(together.outputs, pass.outputs) {
                #expect(several?.values.bits == one?.values.bits, "seed \(graph.seed)")
                #expect(several?.tangents(along: lane).bits == one?.tangents.bits, "seed \(graph.seed)")
            }
            let product = try network.hessianProduct(
                inputs: graph.inputs,
                parameters: graph.parameters,
                of: graph.objective,
                along: direction
            ).product
            #expect(products[lane].product.inputs.map { $0?.bits } == product.inputs.map { $0?.bits })
            #expect(products[lane].product.parameters.map { $0?.bits } == product.parameters.map { $0?.bits })
        }
    }

    /// The products that are left to BLAS, whose planes are multiplied apart.
    @Test func `large products are those of one direction at a time`() throws {
        let definition = NetworkDefinition(
            inputs: [.init("input", [40, 30])],
            layers: [
                LayerDefinition("linear", parameters: ["weight": .own([20, 30]), "bias": .own([20])]),
                LayerDefinition("tanh"), LayerDefinition("linear", parameters: ["weight": .own([50, 20])]),
            ]
        )
        let network = try #require(Network.check(definition).network)
        let inputs = [Tensor<Double>.probe([40, 30], seed: 1)]
        let parameters = network.parameters.enumerated().map { Tensor<Double>.probe($1.shape, seed: 2 + $0) }
        let directions = (0..<Duals.lanes).map { lane in
            var direction = VariableTensors<Double>(of: network)
            direction.inputs[0] = lane == 1 ? nil : .probe([40, 30], seed: 20 + lane)
            direction.parameters[0] = lane == 2 ? nil : .probe([20, 30], seed: 30 + lane)
            return direction
        }
        let objective = Objective(weights: .probe([40, 50], seed: 9))
        let products = try network.hessianProducts(
            inputs: inputs,
            parameters: parameters,
            of: objective,
            alongEach: directions
        )
        for (product, direction) in zip(products, directions) {
            let alone = try network.hessianProduct(
                inputs: inputs,
                parameters: parameters,
                of: objective,
                along: direction
            ).product
            #expect(product.product.inputs[0]?.bits == alone.inputs[0]?.bits)
            #expect(product.product.parameters.map { $0?.bits } == alone.parameters.map { $0?.bits })
        }
    }

    @Test func `a number is finite where its value and all its tangents are`() {
        #expect(Duals(1, tangents: SIMD4(repeating: .greatestFiniteMagnitude)).isFinite)
        #expect(!Duals(1, tangents: [0, 0, 0, .infinity]).isFinite && !Duals(.nan).isFinite)
    }
}

extension Tensor<Double> {
    /// The elements' bits, which tell zeros of either sign apart and are equal for the same NaN.
    fileprivate var bits: [UInt64] { elements.map(\.bitPattern) }
}
