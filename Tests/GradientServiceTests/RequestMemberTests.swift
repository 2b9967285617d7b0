import GradientService
import TestSupport
import Testing

/// The members beside network and inputs: every operation reads them, and those that need them check their names.
@Suite struct RequestMemberTests {
    /// Two layers that share a bias, one that has none and an embedding's input.
    private static let request: JSONTree = [
        "network": [
            "parameters": ["b": [0.5, -0.5]],
            "layers": [
                ["name": "table", "type": "embedding", "inputs": ["ids"], "weight": [[1, 2], [3, 4], [5, 6]]],
                ["name": "f1", "type": "linear", "weight": [[1, 2], [3, 4]], "bias": ["parameter": "b"]],
                ["name": "h", "type": "tanh"],
                ["name": "f2", "type": "linear", "weight": [[1, -1]], "inputs": ["h"]],
                ["name": "y", "type": "mul", "inputs": ["f2", "x"]],
                ["type": "sum"],
            ],
        ],
        "inputs": ["ids": [2, 0], "x": [[1], [2]]],
    ]

    @Test(arguments: operations.map { $0.name })
    func `every operation takes every member`(_ name: String) throws {
        let operation = try #require(operations.first { $0.name == name })
        let request = Self.request
            .with("tangents", ["inputs": ["x": [[1], [0]]]]).with("claimed", ["input_gradients": ["x": [[1], [2]]]])
            .with("of", ["f1"]).with("whole_network", true).with("epsilon", 1e-6)
            .with("relative_tolerance", 0).with("absolute_tolerance", 1e-7).with("samples", 3).with("seed", -1)
            .with("max_elements", 0).with("graph", false).with("non_finite", "string")
            .with("return", ["outputs"]).with("layers", ["f1"]).with("wrt", ["inputs"])
        let (status, body) = try answer(operation, request)
        #expect(status == 200, "\(body)")
    }

    @Test(arguments: ["text", 1, [], true, .null] as [JSONTree])
    func `what is no object has that one fault for every operation`(_ body: JSONTree) throws {
        for operation in operations {
            #expect(try faults(operation, body).keys.sorted() == ["#"], "\(operation.name)")
        }
    }

    @Test(
        arguments: [
            ("epsilon", 0), ("epsilon", -1e-6), ("epsilon", "small"), ("relative_tolerance", -1),
            ("absolute_tolerance", []),
            ("samples", 0), ("samples", 2.5), ("seed", "x"), ("max_elements", -1), ("graph", 1),
            ("whole_network", "yes"),
            ("non_finite", "warn"), ("of", "f1"), ("tangents", 1), ("tangents", []), ("claimed", [] as JSONTree),
            ("output_gradients", 1), ("dtype", "float16"), ("encoding", "hex"),
        ] as [(String, JSONTree)]
    )
    func `a member of the wrong form is a fault for every operation`(_ name: String, _ value: JSONTree) throws {
        for operation in operations {
            let found = try faults(operation, Self.request.with("tangents", [:]).with(name, value))
            #expect(found.keys.sorted() == ["#/\(name)"], "\(operation.name): \(found)")
        }
    }

    @Test(
        arguments: [
            (["of": ["f1", 2]], "#/of/1"),
            (["tangents": ["imputs": [:]]], "#/tangents/imputs"),
            (["tangents": ["inputs": ["x": [[1], [2, 3]]]]], "#/tangents/inputs/x/1"),
            (["tangents": [["layers": ["f1": 3]]]], "#/tangents/0/layers/f1"),
            (["claimed": ["layers": ["f1": ["weight": "no"]]]], "#/claimed/layers/f1/weight"),
            (["output_gradients": [1, [1, []]]], "#/output_gradients/1/1"),
        ] as [(JSONTree, String)]
    )
    func `a fault of form inside a member is pointed at by every operation`(_ members: JSONTree, _ pointer: String)
        throws
    {
        guard case .object(let list) = members else { return }
        for operation in operations {
            let request = list.reduce(Self.request.with("tangents", [:])) { $0.with($1.name, $1.value) }
            #expect(try faults(operation, request).keys.sorted() == [pointer], "\(operation.name)")
        }
    }

    /// For each group of names what is wrong with them, whatever the tensors are: tangents and claims alike.
    static let names: [(group: Int, name: [String], value: JSONTree, detail: String)] = [
        (0, ["z"], [[1], [2]], "there is no network input called \"z\""),
        (0, ["ids"], [1, 0], "network input \"ids\" holds integers"),
        (0, ["x"], [1, 2], "x is (2, 1)"),
        (1, ["c"], [1, 2], "there is no shared parameter called \"c\"; did you mean \"b\"?"),
        (1, ["b"], [1, 2, 3], "b is (2)"),
        (2, ["f7"], ["weight": [[1, -1]]], "there is no layer called \"f7\"; did you mean \"f1\"?"),
        (2, ["h", "weight"], [1], "layer \"tanh\" has no learnable field \"weight\""),
        (2, ["f1", "wieght"], [1], "did you mean \"weight\"?"),
        (2, ["f1", "bias"], [1, 2], "bias is a shared parameter here"),
        (2, ["f2", "bias"], [1], "the layer was given no bias"),
        (2, ["f2", "weight"], [1, -1], "weight is (1, 2)"),
    ]

    @Test(arguments: names)
    func `a name that no variable has is a fault at its place`(
        _ item: (group: Int, name: [String], value: JSONTree, detail: String)
    ) throws {
        let forms: [(any GradientService.Operation.Type, String, [String])] = [
            (JVPOperation.self, "tangents", ["inputs", "parameters", "layers"]),
            (HVPOperation.self, "tangents", ["inputs", "parameters", "layers"]),
            (CheckOperation.self, "claimed", ["input_gradients", "parameter_gradients", "layers"]),
        ]
        for (operation, member, groups) in forms {
            let tensors = item.name.reversed().reduce(item.value) { .members([($1, $0)]) }
            let request = Self.request.with(member, .members([(groups[item.group], tensors)]))
            let found = try faults(operation, request)
            let pointer = (["#", member, groups[item.group]] + item.name).joined(separator: "/")
            #expect(found.keys.sorted() == [pointer])
            #expect(found[pointer]?.contains(item.detail) == true, "\(found)")
        }
        // An operation that has no use for them looks at their form alone.
        let tensors = item.name.reversed().reduce(item.value) { .members([($1, $0)]) }
        let ignored = Self.request.with(
            "tangents",
            .members([(["inputs", "parameters", "layers"][item.group], tensors)])
        )
        #expect(try answer(GradientsOperation.self, ignored).status == 200)
    }

    @Test func `names are checked beside faults of the network`() throws {
        let request: JSONTree = [
            "network": [
                "layers": [
                    ["name": "f1", "type": "linear", "weight": [[1, 2], [3]]],
                    ["name": "f2", "type": "linear"],
                    ["name": "f3", "type": "tahn"],
                ]
            ],
            "input": [1, 2],
            "tangents": [
                "inputs": ["x": 1, "input": [1, 2, 3]],
                "layers": ["f1": ["weight": [1], "slope": 1], "f3": ["weight": 1], "f4": [:]],
            ],
        ]
        #expect(
            try faults(JVPOperation.self, request).keys.sorted() == [
                "#/network/layers/0/weight/1", "#/network/layers/1/weight", "#/network/layers/2/type",
                "#/tangents/inputs/input", "#/tangents/inputs/x", "#/tangents/layers/f1/slope", "#/tangents/layers/f4",
            ]
        )
    }

    @Test func `several directions have an entry each in results`() throws {
        let directions: JSONTree = [["inputs": ["x": [[1], [0]]]], ["parameters": ["b": [1, 0]]], [:]]
        for operation in [JVPOperation.self, HVPOperation.self] as [any GradientService.Operation.Type] {
            let many = try answer(operation, Self.request.with("tangents", directions)).body
            for (index, direction) in directions.elements.enumerated() {
                let one = try answer(operation, Self.request.with("tangents", direction)).body
                guard case .object(let members)? = many["results"]?.elements[index] else {
                    Issue.record("no result \(index): \(many)")
                    continue
                }
                for member in members { #expect(member.value == one[member.name]) }
                for name in ["output", "loss"] { #expect(many[name] == one[name]) }
            }
            #expect(many["results"]?.elements.count == 3 && many["output_tangent"] == nil && many["hvp"] == nil)
        }
    }

    @Test func `a Hessian product has only what was named`() throws {
        let tangents: JSONTree = ["layers": ["f2": ["weight": [[1, 0]]]], "parameters": ["b": [0, 1]]]
        let hvp = try answer(HVPOperation.self, Self.request.with("tangents", tangents)).body["hvp"]
        #expect(hvp?["inputs"] == [:])
        #expect(hvp?["parameters"]?["b"]?.elements.count == 2)
        guard case .object(let layers)? = hvp?["layers"] else {
            Issue.record("no layers")
            return
        }
        #expect(layers.map(\.name) == ["f2"])
    }
}
