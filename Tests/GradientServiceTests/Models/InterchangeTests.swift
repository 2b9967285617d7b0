import CAllocationMeter
import GradientService
import HTTPServer
import TestSupport
import Testing

/// What the real clients' own tests don't reach: several inputs, indices, numbers that are not finite, errors.
@Suite struct InterchangeTests {
    private let api: ModelAPI

    init() throws {
        api = try ModelAPI()
        #expect(try api.ask(.put, "/v1/models/tanh", ModelAPI.tanh).0 == 201)
        #expect(try api.ask(.put, "/v1/models/two", ModelAPI.product).0 == 201)
        #expect(try api.ask(.put, "/v1/models/words", ModelAPI.words).0 == 201)
    }

    @Test func `UM-Bridge has second derivatives between inputs`() throws {
        let request: JSONTree = [
            "name": "two", "input": [[1, 2], [3, 4]], "outWrt": 0, "inWrt1": 0, "inWrt2": 1, "sens": [1, 10],
            "vec": [5, 6],
        ]
        // p = a b, so ∂²/∂a∂b is the identity, weighted by sens.
        #expect(try api.ask(.post, "/umbridge/ApplyHessian", request).1 == ["output": [5.0, 60.0]])
        #expect(try api.ask(.post, "/umbridge/InputSizes", ["name": "words:parameters"]).1 == ["inputSizes": [3, 4]])
    }

    @Test func `UM-Bridge takes a bare number for a vector of one, and words faults as its clients read them`() throws {
        for (request, kind, status) in [
            (["name": "nope"], "ModelNotFound", 400), (["name": "two", "input": [[1, 2]]], "InvalidInput", 400),
            (["name": "words", "input": [[0, 1, 9]]], "InvalidInput", 400),
            (["name": "two", "input": [[1e308, 1], [1e308, 1]]], "InvalidOutput", 500),
        ] as [(JSONTree, JSONTree, Int)] {
            let (code, body) = try api.ask(.post, "/umbridge/Evaluate", request)
            #expect(code == status && body["error"]?["type"] == kind, "\(body)")
        }
        let nan = api.ask(.post, "/umbridge/Evaluate", Array(#"{"name":"two","input":[[NaN,1],[1,1]]}"#.utf8))
        #expect(nan.status == 400)
        #expect(api.ask(.get, "/umbridge/Nothing").status == 404)
    }

    @Test func `Tesseract tells which input holds indices, and broadcasts lengths of one`() throws {
        let document = try JSONTree(parsing: api.ask(.get, "/tesseract/words/openapi.json").bytes)
        let schemas = document["components"]?["schemas"]
        #expect(schemas?["ApplyInputSchema"]?["differentiable_arrays"]?["i"] == nil)
        #expect(schemas?["ApplyInputSchema"]?["differentiable_arrays"]?["e_weight"] != nil)
        let (status, body) = try api.ask(.post, "/tesseract/two/apply", ["inputs": ["a": [2], "b": [3, 4]]])
        #expect(status == 200 && body["p"]?["data"]?["buffer"] == [6.0, 8.0])
        let (wrong, detail) = try api.ask(.post, "/tesseract/two/apply", ["inputs": ["a": [1, 2, 3], "b": [3, 4]]])
        #expect(wrong == 422 && detail["detail"]?.elements.first?["loc"] == ["body", "inputs", "a"])
        let infinite = try api.ask(.post, "/tesseract/two/apply", ["inputs": ["a": [1e308, 1], "b": [1e308, 1]]])
        #expect(infinite.1["p"]?["data"]?["buffer"]?.elements.first == "Infinity")
        let nan = api.ask(.post, "/tesseract/two/apply", Array(#"{"inputs":{"a":[NaN,1],"b":[1,1]}}"#.utf8))
        #expect(nan.status == 400)
    }

    @Test(arguments: [([2], 200), ([1], 200), ([], 200), ([1, 2], 422), ([3], 422), ([8192, 8192], 422)])
    func `Tesseract's shape without numbers takes no memory before it fits`(_ shape: [Int], _ status: Int) throws {
        let lengths = JSONTree.array(shape.map { .integer($0) })
        let array: JSONTree = ["shape": lengths, "dtype": "float64"]
        let body = (["inputs": ["a": array, "b": array]] as JSONTree).bytes
        allocation_meter_start()
        let response = api.ask(.post, "/tesseract/two/abstract_eval", body)
        #expect(response.status.code == status && allocation_meter_peak() < 1 << 20)
    }

    @Test func `inference has gradients as outputs`() throws {
        func input(_ name: JSONTree, _ data: JSONTree) -> JSONTree {
            ["name": name, "shape": [1, 2], "datatype": "FP64", "data": data]
        }
        var request: JSONTree = [
            "inputs": [input("a", [1, 2]), input("b", [3, 4])], "outputs": [["name": "grad.a"], ["name": "p"]],
        ]
        #expect(try api.ask(.post, "/v2/models/two/infer", request).0 == 400)
        request["parameters"] = ["cotangent": [1, 10]]
        let (status, body) = try api.ask(.post, "/v2/models/two/infer", request)
        #expect(status == 200 && body["outputs"]?.elements.map { $0["data"] } == [[3.0, 40.0], [3.0, 8.0]])
        request["inputs"] = [input("a", [1e308, 1]), input("b", [1e308, 1])]
        let (_, infinite) = try api.ask(.post, "/v2/models/two/infer", request.with("outputs", [["name": "p"]]))
        #expect(infinite["outputs"]?.elements.first?["data"]?.elements.first == .null)
        #expect(try api.ask(.get, "/v2/models/two/versions/2", [:]).0 == 404)
    }
}
