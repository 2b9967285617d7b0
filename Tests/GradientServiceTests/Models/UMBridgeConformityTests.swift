import GradientService
import HTTPServer
import TestSupport
import Testing

/// What UM-Bridge's own suite of tests for servers asks of the model that comes first, asked of several.
///
/// It allows no member that the protocol does not have, posts without a content type, and looks at every status.
@Suite struct UMBridgeConformityTests {
    private let api: ModelAPI

    private static let models: [(name: JSONTree, inputs: [Int], output: Int, hasDerivatives: Bool)] = [
        ("lecture", [3], 1, true), ("lecture:parameters", [3, 12, 8, 2], 1, true),
        ("tanh", [3], 2, true), ("tanh:parameters", [3, 6, 2], 2, true),
        ("two", [2, 2], 2, true), ("two:parameters", [2, 2], 2, true),
        ("words", [3], 6, false), ("words:parameters", [3, 4], 6, true),
    ]

    init() throws {
        api = try ModelAPI()
        let lecture: JSONTree = [
            "network": [
                "layers": [
                    [
                        "name": "y", "type": "linear", "inputs": ["x"],
                        "weight": [[1, 0, 2], [-1, 3, 1], [2, 1, 0], [0, -1, 1]],
                    ],
                    ["name": "z", "type": "linear", "weight": [[1, 2, -1, 0], [3, 0, 1, -2]]],
                    ["name": "C", "type": "linear", "weight": [[2, -1]]],
                ]
            ],
            "inputs": ["x": ["shape": [3]]],
        ]
        for (name, model) in [
            ("lecture", lecture), ("tanh", ModelAPI.tanh), ("two", ModelAPI.product), ("words", ModelAPI.words),
        ] {
            #expect(try api.ask(.put, "/v1/models/\(name)", model).0 == 201)
        }
    }

    private func post(_ path: String, _ body: JSONTree) throws -> (Int, JSONTree) {
        try api.ask(.post, "/umbridge/" + path, body)
    }

    /// A request that is right for every endpoint, with respect to the first input.
    private func request(_ model: (name: JSONTree, inputs: [Int], output: Int, hasDerivatives: Bool)) -> JSONTree {
        [
            "name": model.name, "config": [:], "outWrt": 0, "inWrt": 0, "inWrt1": 0, "inWrt2": 0,
            "input": .array(model.inputs.map(zeros)), "sens": zeros(model.output), "vec": zeros(model.inputs[0]),
        ]
    }

    private func zeros(_ count: Int) -> JSONTree { .array([JSONTree](repeating: 0, count: count)) }

    private func expect(_ answer: (Int, JSONTree), _ kind: JSONTree, _ comment: Comment) {
        let error = answer.1["error"]
        #expect(answer.0 == 400 && answer.1.names == ["error"], comment)
        #expect(
            error?.names == ["type", "message"] && error?["type"] == kind && error?["message"]?.text != nil,
            comment
        )
    }

    @Test func `the models are listed, with their sizes and what they support`() throws {
        let (status, info) = try api.ask(.get, "/umbridge/Info", [:])
        #expect(status == 200 && info == ["protocolVersion": 1.0, "models": .array(Self.models.map(\.name))])
        for model in Self.models {
            let body: JSONTree = ["name": model.name]
            let derivatives = JSONTree.bool(model.hasDerivatives)
            let support: JSONTree = [
                "Evaluate": true, "Gradient": derivatives, "ApplyJacobian": derivatives, "ApplyHessian": derivatives,
            ]
            #expect(try post("ModelInfo", body) == (200, ["support": support]))
            #expect(try post("InputSizes", body) == (200, ["inputSizes": .array(model.inputs.map { .integer($0) })]))
            #expect(try post("OutputSizes", body) == (200, ["outputSizes": [.integer(model.output)]]))
        }
        #expect(api.ask(.head, "/umbridge").status.code < 500)
    }

    @Test func `results have their lengths and no other members`() throws {
        for model in Self.models {
            let (status, value) = try post("Evaluate", request(model))
            #expect(status == 200 && value.names == ["output"] && value["output"]?.elements.count == 1)
            #expect(value["output"]?.elements.first?.elements.count == model.output)
            // The first input of these holds indices.
            if ["words", "words:parameters"].contains(model.name) { continue }
            for (path, length) in [
                ("Gradient", model.inputs[0]), ("ApplyJacobian", model.output), ("ApplyHessian", model.inputs[0]),
            ] {
                let (status, body) = try post(path, request(model))
                #expect(status == 200 && body.names == ["output"] && body["output"]?.elements.count == length)
            }
        }
    }

    @Test func `what is wrong has its kind of error`() throws {
        for path in ["Evaluate", "Gradient", "ApplyJacobian", "ApplyHessian", "ModelInfo", "InputSizes"] {
            expect(try post(path, ["name": "wrong_model_name"]), "ModelNotFound", "\(path)")
        }
        for model in Self.models {
            for path in ["Gradient", "ApplyJacobian", "ApplyHessian"] where !model.hasDerivatives {
                expect(try post(path, ["name": model.name]), "UnsupportedFeature", "\(model.name) \(path)")
            }
            for path in ["Evaluate", "Gradient", "ApplyJacobian", "ApplyHessian"]
            where path == "Evaluate" || model.hasDerivatives {
                let right = request(model)
                let longer = model.inputs.map { zeros($0 + 1) }
                for wrong: JSONTree in [.array(longer), .array(model.inputs.map(zeros) + [[0]]), []] {
                    expect(try post(path, right.with("input", wrong)), "InvalidInput", "\(model.name) \(path)")
                }
                if path == "Evaluate" { continue }
                for name in path == "ApplyHessian" ? ["inWrt1", "inWrt2", "outWrt"] : ["inWrt", "outWrt"] {
                    let beyond = name == "outWrt" ? 1 : model.inputs.count
                    for index in [JSONTree.integer(beyond), -1] {
                        expect(try post(path, right.with(name, index)), "InvalidInput", "\(model.name) \(path) \(name)")
                    }
                }
            }
        }
    }
}

extension JSONTree {
    /// The names of an object's members.
    fileprivate var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }
}
