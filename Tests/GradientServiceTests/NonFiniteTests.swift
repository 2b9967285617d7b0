import GradientService
import TestSupport
import Testing

@Suite struct NonFiniteTests {
    /// exp overflows in layer `e`, and everything after it.
    private static let overflow: JSONTree = [
        "network": ["layers": [["type": "scale", "factor": 1], ["name": "e", "type": "exp"], ["type": "neg"]]],
        "input": [[1, 2], [720, 3]],
        "output_gradient": [[1, 1], [1, 1]],
        "tangents": ["inputs": ["input": [[1, 0], [1, 0]]]],
    ]

    @Test func `the layer where numbers turn out not to be finite is named`() throws {
        let warnings = try answer(ForwardOperation.self, Self.overflow).body["warnings"]
        #expect(
            warnings == [
                [
                    "layer": "e", "variable": "output",
                    "detail": "1 of 4 entries are not finite; the first, at [1, 0], is Infinity",
                ]
            ]
        )
    }

    @Test(arguments: ["gradients", "jvp", "hvp", "explain", "jacobians"])
    func `gradients and tangents are watched as well`(_ name: String) throws {
        let operation = try #require(operations.first { $0.name == name })
        let warnings = try answer(operation, Self.overflow).body["warnings"]?.elements ?? []
        let places = warnings.map { [$0["layer"]?.text, $0["variable"]?.text] }
        #expect(
            places
                == (["jvp", "jacobians"].contains(name) ? [["e", "output"]] : [["e", "output"], ["e", "inputs[0]"]])
        )
    }

    @Test(arguments: ["gradients", "forward", "jvp", "hvp", "explain", "jacobians"])
    func `it is an error where that is asked for`(_ name: String) throws {
        let operation = try #require(operations.first { $0.name == name })
        let found = try faults(operation, Self.overflow.with("non_finite", "error"))
        #expect(found.keys.sorted() == ["#/network/layers/1"])
        #expect(
            try answer(operation, Self.overflow.with("input", [[1, 2], [7, 3]]).with("non_finite", "error")).status
                == 200
        )
    }

    @Test func `what is thinned out of the answer is watched all the same`() throws {
        let request = Self.overflow.with("return", []).with("layers", [])
        let warnings = try answer(GradientsOperation.self, request).body["warnings"]?.elements ?? []
        #expect(warnings.first?["layer"]?.text == "e")
    }

    @Test func `a number that came in is told at the layer that takes it`() throws {
        let request = Self.overflow.with("input", [["NaN", 0], [0, 0]])
        let warnings = try answer(ForwardOperation.self, request).body["warnings"]?.elements ?? []
        #expect(warnings.map { $0["layer"]?.text } == ["scale_0"])
    }

    @Test func `each line of a graph has its own warning`() throws {
        let request: JSONTree = [
            "network": [
                "layers": [
                    ["name": "a", "type": "log", "inputs": ["x"]], ["name": "b", "type": "exp", "inputs": ["y"]],
                    ["name": "c", "type": "add", "inputs": ["a", "b"]],
                ]
            ],
            "inputs": ["x": 0, "y": 1000],
        ]
        let body = try answer(GradientsOperation.self, request).body
        let places = body["warnings"]?.elements.map { [$0["layer"]?.text, $0["variable"]?.text] }
        #expect(
            places == [["a", "output"], ["b", "output"], ["c", "output"]].dropLast() + [
                ["b", "inputs[0]"], ["a", "inputs[0]"],
            ]
        )
        #expect(body["output"]?.text == "NaN")
    }

    @Test func `a finite value with an infinite tangent is told`() throws {
        let request: JSONTree = [
            "network": ["layers": [["type": "sqrt"]]], "input": [0, 1], "tangents": ["inputs": ["input": [1, 1]]],
        ]
        let warnings = try answer(JVPOperation.self, request).body["warnings"]?.elements ?? []
        #expect(
            warnings.map { $0["detail"]?.text } == [
                "1 of 2 entries are not finite; the first, at [0], has a tangent that is not finite"
            ]
        )
    }

    @Test func `finite answers have no warnings`() throws {
        #expect(
            try answer(GradientsOperation.self, Self.overflow.with("input", [[1, 2], [7, 3]])).body["warnings"] == nil
        )
    }
}
