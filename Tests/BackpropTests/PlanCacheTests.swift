import Backprop
import Testing

/// That a plan found again is the one that validation would make.
@Suite struct PlanCacheTests {
    /// Definitions of which each differs from the first in one thing.
    private static let variations: [NetworkDefinition] = {
        func network(
            _ first: LayerDefinition = layer(),
            _ second: LayerDefinition = LayerDefinition("tanh"),
            input: NetworkDefinition.NamedShape = .init("input", Shape([5, 3])),
            shared: NetworkDefinition.NamedShape = .init("w", Shape([4, 3])),
            output: String? = nil
        ) -> NetworkDefinition {
            NetworkDefinition(inputs: [input], parameters: [shared], layers: [first, second], output: output)
        }
        func layer(
            name: LayerDefinition.Name = .given("caf\u{E9}"),
            weight: LayerDefinition.Parameter = .shared("w"),
            bias: LayerDefinition.Parameter? = nil,
            inputs: LayerDefinition.Inputs = .previous
        ) -> LayerDefinition {
            var parameters = ["weight": weight]
            parameters["bias"] = bias
            return LayerDefinition("linear", name: name, parameters: parameters, inputs: inputs)
        }
        func scaled(_ factor: Double) -> NetworkDefinition {
            network(layer(), LayerDefinition("scale", fields: ["factor": .number(factor)]))
        }
        return [
            network(),
            // The same name to a reader, in other bytes.
            network(layer(name: .given("cafe\u{301}"))),
            network(layer(name: .standard)),
            network(layer(weight: .own(Shape([4, 3])))),
            network(layer(weight: .own(Shape([2, 3])))),
            network(layer(weight: .own(Shape([4, 7])))),
            network(layer(bias: .own(Shape([4])))),
            network(layer(inputs: .named(["input"]))),
            network(layer(inputs: .named(["nothing"]))),
            network(layer(), LayerDefinition("sigmoid")),
            network(layer(), LayerDefinition("softmax", fields: ["dim": .integers([0])])),
            network(layer(), LayerDefinition("softmax", fields: ["dim": .integers([1])])),
            network(input: .init("input", Shape([6, 3]))),
            network(input: .init("x", Shape([5, 3]))),
            network(shared: .init("w", Shape([2, 3]))),
            network(shared: .init("v", Shape([4, 3]))),
            network(output: "caf\u{E9}"),
            scaled(0), scaled(-0.0), scaled(2),
        ]
    }()

    @Test func `each variation is planned as validation alone plans it, the first time and every other`() {
        let cache = PlanCache(capacity: 64)
        for round in 0..<3 {
            let order = Self.variations.indices.map { (7 * $0 + round) % Self.variations.count }
            for index in order {
                let definition = Self.variations[index]
                let found = cache.check(definition, limits: NetworkLimits())
                let expected = Network.check(definition)
                #expect(described(found) == described(expected), "variation \(index), round \(round)")
                #expect(found.network?.batch() == expected.network?.batch(), "variation \(index), round \(round)")
            }
        }
    }

    @Test func `other limits are other plans`() {
        let cache = PlanCache(capacity: 8)
        var tight = NetworkLimits()
        tight.elements = 10
        #expect(cache.check(Self.variations[0], limits: NetworkLimits()).faults.isEmpty)
        #expect(!cache.check(Self.variations[0], limits: tight).faults.isEmpty)
        #expect(cache.check(Self.variations[0], limits: NetworkLimits()).faults.isEmpty)
    }

    @Test func `a full cache still answers rightly`() {
        let cache = PlanCache(capacity: 2)
        for definition in Self.variations + Self.variations {
            let found = cache.check(definition, limits: NetworkLimits())
            #expect(described(found) == described(Network.check(definition)))
        }
    }

    /// What a plan says, in words that show the bits of numbers.
    private func described(_ check: NetworkCheck) -> [String] {
        let steps = check.network?.steps.map { step in
            "\(Array(step.name.utf8)) \(step.layer) \(step.inputs) \(step.parameters) \(step.shape) \(step.reachesOutput)"
        }
        let parameters = check.network?.parameters.map { "\($0.owner) \($0.shape)" }
        let faults = check.faults.map { "\($0.place) \($0.detail)" }
        return (steps ?? []) + (parameters ?? []) + faults + ["\(String(describing: check.outputShape))"]
    }
}
