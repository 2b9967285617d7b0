import GradientService
import HTTPServer
import TestSupport
import Testing

@Suite struct NamedModelTests {
    private let api: ModelAPI

    init() throws { api = try ModelAPI() }

    @Test func `a model is made, replaced, listed, shown as it was put and removed`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        let again = api.ask(.put, "/v1/models/m", ModelAPI.tanh.bytes)
        let etag = try #require(again.fields["ETag"])
        #expect(again.status == 200 && etag.hasPrefix("\""))
        let shown = api.ask(.get, "/v1/models/m")
        let document = try JSONTree(parsing: shown.bytes)
        #expect(shown.fields["ETag"] == etag && document["batched"] == true)
        #expect(document["inputs"] == ModelAPI.tanh["inputs"])
        #expect(document["network"]?["layers"]?.elements.count == 2)
        // Numbers are printed in the shortest form of a float64.
        #expect(document["network"]?["parameters"]?["w"] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        #expect(api.ask(.get, "/v1/models/m", [], ["If-None-Match": etag]).status == 304)
        #expect(api.ask(.get, "/v1/models/m", [], ["If-Match": etag]).status == 200)
        #expect(api.ask(.get, "/v1/models/m", [], ["If-Match": "\"other\""]).status == 412)
        let (_, list) = try api.ask(.get, "/v1/models", [:])
        let entry = try #require(list["models"]?.elements.first)
        #expect(entry["name"] == "m" && entry["parameter_count"] == 8 && entry["output"]?["shape"] == [2])
        #expect(api.ask(.delete, "/v1/models/m").status == 204)
        #expect(api.ask(.delete, "/v1/models/m").status == 404 && api.ask(.get, "/v1/models/m").status == 404)
    }

    @Test func `preconditions keep writers from undoing each other's`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, ["If-Match": "*"]).0 == 412)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, ["If-None-Match": "*"]).0 == 201)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, ["If-None-Match": "*"]).0 == 412)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh, ["If-Match": "\"nope\""]).0 == 412)
        #expect(api.ask(.delete, "/v1/models/m", [], ["If-Match": "\"nope\""]).status == 412)
        // A name that is none is found before the precondition.
        #expect(try api.ask(.put, "/v1/models/a:b", ModelAPI.tanh, ["If-Match": "*"]).0 == 422)
    }

    @Test func `a request that names a model gets what the whole network gets`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        for operation in operations {
            let name = operation.name
            for dtype: JSONTree in ["float64", "float32"] {
                let common: JSONTree = [
                    "inputs": ["x": [[0.1, 0.2, 0.3]]], "output_gradient": [[1, 2]], "dtype": dtype,
                    "tangents": ["parameters": ["w": [[1, 0, 0], [0, 1, 0]]], "layers": ["h": ["bias": [1, -1]]]],
                ]
                let whole = try api.ask(.post, "/v1/\(name)", common.with("network", ModelAPI.tanh["network"] ?? [:]))
                let named = try api.ask(.post, "/v1/\(name)", common.with("model", "m"))
                #expect(whole.0 == 200 && named == whole, "\(name) \(dtype)")
                // An override stands where the network has the tensor.
                let overrides: JSONTree = ["layers": ["h": ["bias": [0.25, 2]]]]
                let overridden = try api.ask(
                    .post,
                    "/v1/\(name)",
                    common.with("model", "m").with("overrides", overrides)
                )
                let changed = try api.ask(.post, "/v1/\(name)", common.with("network", ModelAPI.tanh(bias: [0.25, 2])))
                #expect(changed.0 == 200 && overridden == changed && changed != whole, "\(name) \(dtype)")
            }
        }
    }

    @Test func `overrides replace tensors for one request`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        let request: JSONTree = ["model": "m", "inputs": ["x": [0.1, 0.2, 0.3]]]
        let overrides: JSONTree = ["parameters": ["w": [[0, 0, 0], [0, 0, 0]]], "layers": ["h": ["bias": [0, 0]]]]
        let (status, body) = try api.ask(.post, "/v1/forward", request.with("overrides", overrides))
        #expect(status == 200 && body["output"] == [0.0, 0.0])
        let (_, after) = try api.ask(.post, "/v1/forward", request)
        #expect(after["output"] != body["output"])
        let wrong: JSONTree = ["layers": ["h": ["bias": [1, 2, 3]]]]
        #expect(try pointers(request.with("overrides", wrong)) == ["#/overrides/layers/h/bias"])
    }

    @Test func `faults of a request with a model lie in the body`() throws {
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        #expect(try pointers(["model": "m", "inputs": ["x": [1, 2]]]) == ["#/inputs/x"])
        #expect(try pointers(["model": "m"]) == ["#/inputs/x"])
        #expect(try pointers(["model": "m", "inputs": ["x": [1, 2, 3], "z": [1]]]) == ["#/inputs/z"])
        #expect(try pointers(["model": 3, "inputs": ["x": [1, 2, 3]]]) == ["#/model"])
        let both = ModelAPI.tanh.with("model", "m").with("inputs", ["x": [1, 2, 3]])
        #expect(try pointers(both) == ["#/model"])
        let (status, body) = try api.ask(.post, "/v1/forward", ["model": "nope", "inputs": ["x": [1]]])
        #expect(status == 404 && body["errors"]?.elements.first?["pointer"] == "#/model")
    }

    @Test(
        arguments: [
            (#"{}"#, ["#/network", "#/inputs"]),
            (#"{"network":{"layers":[{"type":"tanh"}]},"inputs":{}}"#, ["#/inputs"]),
            (#"{"network":{"layers":[{"type":"tanh"}]},"inputs":{"input":{}}}"#, ["#/inputs/input/shape"]),
            (#"{"network":{"layers":[{"type":"tanh"}]},"inputs":{"input":{"shape":[0]}}}"#, ["#/inputs/input/shape/0"]),
            (#"{"network":{"layers":[{"type":"tanh"}]},"inputs":{"a.b":{"shape":[2]}}}"#, ["#/inputs/a.b"]),
            (
                #"{"network":{"layers":[{"type":"linear","weight":[[1,2]]}]},"inputs":{"input":{"shape":[3]}}}"#,
                ["#/network/layers/0/weight"]
            ),
            // Batch normalisation takes no batch of one, and without a batch dimension the shape has none.
            (
                #"{"network":{"layers":[{"type":"batch_norm"}]},"inputs":{"input":{"shape":[3]}}}"#,
                ["#/network/layers/0/inputs", "#/inputs"]
            ),
            (
                #"{"network":{"layers":[{"type":"tanh"}]},"inputs":{"input":{"shape":[2],"dtype":"int64"}}}"#,
                ["#/inputs/input/dtype"]
            ),
            (
                #"{"network":{"parameters":{"h_bias":[1]},"layers":[{"name":"h","type":"linear","weight":[[1,2]],"#
                    + #""bias":[1]}]},"inputs":{"input":{"shape":[2]}}}"#,
                ["#/network/layers/0/bias"]
            ),
        ]
    )
    func `a model that is none is refused with every place`(_ body: String, _ expected: [String]) throws {
        let response = api.ask(.put, "/v1/models/m", Array(body.utf8))
        let found = try JSONTree(parsing: response.bytes)["errors"]?.elements.compactMap { $0["pointer"]?.text }
        #expect(response.status == 422 && Set(found ?? []).isSuperset(of: expected), "\(found ?? [])")
        #expect(api.ask(.get, "/v1/models/m").status == 404)
    }

    @Test(arguments: ["jvp", "hvp"])
    func `many tangents give what each gives by itself`(_ name: String) throws {
        let tangents: [JSONTree] = [
            ["inputs": ["x": [1, 0, 2]]], [:], ["parameters": ["w": [[1, 0, 0], [0, 1, 0]]]],
        ]
        let common = ModelAPI.tanh.with("inputs", ["x": [0.1, 0.2, 0.3]])
            .with("loss", ["type": "mse", "target": [1, 2]])
        let (status, body) = try api.ask(.post, "/v1/\(name)", common.with("tangents", .array(tangents)))
        #expect(status == 200 && body["results"]?.elements.count == 3 && body["loss"] != nil)
        for (index, tangent) in tangents.enumerated() {
            let (_, single) = try api.ask(.post, "/v1/\(name)", common.with("tangents", tangent))
            for member in name == "jvp" ? ["output_tangent", "loss_tangent", "layers"] : ["hvp"] {
                let found = body["results"]?.elements[index][member]
                #expect(found != nil && found == single[member], "\(member)")
            }
        }
    }

    @Test func `many gradients at the output give what each gives by itself`() throws {
        var request = ModelAPI.tanh.with("inputs", ["x": [0.1, 0.2, 0.3]])
        request["output_gradients"] = [[1, 0], [0, 1], [2, -3]]
        let (status, body) = try api.ask(.post, "/v1/gradients", request)
        #expect(status == 200 && body["results"]?.elements.count == 3 && body["input_gradients"] == nil)
        request["output_gradients"] = nil
        for (index, start) in [[1, 0], [0, 1], [2, -3] as JSONTree].enumerated() {
            let (_, single) = try api.ask(.post, "/v1/gradients", request.with("output_gradient", start))
            for member in ["input_gradients", "parameter_gradients", "layers"] {
                #expect(body["results"]?.elements[index][member] == single[member])
            }
        }
        let faulty = request.with("output_gradients", [[1, 0], [1]])
        #expect(
            try api.ask(.post, "/v1/gradients", faulty).1["errors"]?.elements.first?["pointer"]
                == "#/output_gradients/1"
        )
    }

    private func pointers(_ request: JSONTree) throws -> [String] {
        let (status, body) = try api.ask(.post, "/v1/forward", request)
        #expect(status == 422)
        return body["errors"]?.elements.compactMap { $0["pointer"]?.text } ?? []
    }
}
