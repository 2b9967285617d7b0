import Backprop
import Testing

/// Whole networks that nobody thought of, made up from the catalogue.
@Suite struct RandomGraphTests {
    static let graphs = 500

    /// What checking one graph gave.
    private struct Outcome: Sendable {
        var types: Set<String> = []
        var loss: String?
        var layers = 0
        var inputs = 0
        var sharedUses = 0
        var unusedLayers = 0
        var entries = 0
        var nearKinks = 0
    }

    @Test func `gradients of 500 random graphs agree with central differences and with forward mode`() async throws {
        let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for seed in 0..<Self.graphs { group.addTask { try Self.check(RandomGraph(seed: seed)) } }
            return try await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        // No layer, loss or way of putting them together is missing from what was checked.
        #expect(outcomes.reduce(into: Set()) { $0.formUnion($1.types) } == Set(Catalogue.layerTypes))
        #expect(Set(outcomes.compactMap(\.loss)) == Set(Catalogue.lossTypes))
        #expect(Set(outcomes.map(\.layers)) == Set(RandomGraphBuilder.layerCounts))
        #expect(outcomes.contains { $0.loss == nil })
        #expect(outcomes.count { $0.inputs > 1 } > 100)
        #expect(outcomes.count { $0.sharedUses > 0 } > 100)
        #expect(outcomes.count { $0.unusedLayers > 0 } > 100)
        // A kink is where a derivative can't fail, so there must be next to none.
        let entries = outcomes.reduce(0) { $0 + $1.entries }
        let nearKinks = outcomes.reduce(0) { $0 + $1.nearKinks }
        print("\(entries) entries of \(Self.graphs) graphs, \(nearKinks) of them near a kink")
        #expect(entries > 50_000 && nearKinks * 1000 <= entries, "\(nearKinks) of \(entries) are near a kink")
    }

    private static func check(_ graph: RandomGraph) throws -> Outcome {
        let network = graph.network
        var check = GradientCheck()
        check.samples = .max
        let report = try network.runCheck(
            check,
            of: graph.objective,
            inputs: graph.inputs,
            parameters: graph.parameters
        )
        var outcome = Outcome(
            types: graph.types,
            loss: graph.lossType,
            layers: network.steps.count,
            inputs: network.inputs.count,
            sharedUses: graph.sharedUses,
            unusedLayers: network.steps.count { !$0.reachesOutput }
        )
        for variable in report.variables {
            outcome.entries += variable.checked
            outcome.nearKinks += variable.nearKinks
            let worst = variable.worst
            #expect(
                variable.passes && variable.checked == variable.shape.count,
                """
                \(variable.variable)[\(worst.position)] is \(worst.analytic), by differences \(worst.numeric), in
                \(graph)
                """
            )
        }
        // Along one direction in which everything moves, whatever kinks are near; what lies between may be a thousand
        // times as large as what comes out, and is rounded.
        let direction = graph.direction(seed: 3)
        let tangent = try graph.forward(along: direction).objective.tangent
        let product = try graph.product(with: direction)
        #expect(
            agree(tangent, product.sum, absolute: 1e-10 * product.magnitude, relative: 1e-12),
            "forward mode gives \(tangent), reverse mode \(product.sum), in\n\(graph)"
        )
        return outcome
    }
}

extension RandomGraph {
    /// The gradient times a direction, and the sum of the products' magnitudes, which bounds its rounding.
    fileprivate func product(with direction: VariableTensors<Double>) throws -> (sum: Double, magnitude: Double) {
        let gradients = try gradients()
        var (sum, magnitude) = (0.0, 1.0)
        for variable in network.differentiableVariables {
            guard let gradient = gradients.tensor(of: variable, in: network), let tangent = direction[variable] else {
                throw MissingGradient(variable: variable)
            }
            for (a, b) in zip(gradient.elements, tangent.elements) {
                sum += a * b
                magnitude += abs(a * b)
            }
        }
        return (sum, magnitude)
    }

    fileprivate struct MissingGradient: Error { let variable: Variable }
}

extension Gradients {
    /// The gradient with respect to a variable.
    fileprivate func tensor(of variable: Variable, in network: Network) -> Tensor<S>? {
        switch variable {
        case .input(let index): return inputs[index]
        case .parameter(let index):
            guard case .layer(let layer, _) = network.parameters[index].owner else { return shared[index] }
            let slot = network.steps[layer].parameters.firstIndex(of: index)
            return slot.flatMap { layers[layer]?.parameters[$0] }
        }
    }
}
