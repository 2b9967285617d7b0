import Backprop
import Foundation
import GradientService
import HTTPServer
import TestSupport
import Testing

@Suite struct ExplainTests {
    static let gradientCases = ReferenceCase.all.filter {
        $0.isCovered && $0.isGood && $0.endpoint == "/v1/gradients"
    }

    @Test(arguments: gradientCases)
    func `explain ends with the gradients that back-propagation gives`(_ reference: ReferenceCase) throws {
        let gradients = try JSONTree(parsing: GradientsOperation.outcome(of: reference.request).1)
        let (status, body) = ExplainOperation.outcome(of: reference.request)
        #expect(status == 200)
        let derivation = try JSONTree(parsing: body)
        for layer in derivation["layers"]?.elements ?? [] {
            let wanted = gradients["layers"]?.elements.first { $0["name"] == layer["name"] }?["gradients"]
            for variable in layer["steps_for"]?.elements ?? [] {
                guard let wanted, let name = variable["variable"]?.text else { continue }
                let position = name.hasPrefix("inputs[") ? Int(name.dropFirst(7).dropLast()) : nil
                let expected = position.flatMap { wanted["inputs"]?.elements[$0] } ?? wanted["parameters"]?[name]
                #expect(variable["gradient"] == expected, "\(name)")
                #expect(variable["steps"]?.elements.count == 4)
            }
        }
    }

    @Test(arguments: gradientCases)
    func `every face of a derivation holds together`(_ reference: ReferenceCase) throws {
        let markdown = String(decoding: try ExplainOperation.run(on: reference.request, as: .markdown), as: UTF8.self)
        #expect(markdown.hasPrefix("# ") && markdown.count { $0 == "$" } % 2 == 0)
        let page = String(decoding: try ExplainOperation.run(on: reference.request, as: .html), as: UTF8.self)
        #expect(unclosed(in: page) == [])
        #expect(!page.contains("http") && !page.contains("<script") && page.contains("<main>"))
        #expect(!page.split(separator: "</style>")[1].contains("\\"))
        let plain = String(decoding: try ExplainOperation.run(on: reference.request, as: .terminal), as: UTF8.self)
        #expect(!plain.contains("\u{1B}") && !plain.contains("\\"))
        let coloured = String(
            decoding: try ExplainOperation.run(on: reference.request, as: .colouredTerminal),
            as: UTF8.self
        )
        #expect(coloured.contains("\u{1B}[1m") || coloured.contains("\u{1B}[35m"))
    }

    @Test(
        arguments: [
            (#"{"type":"tanh"}"#, "inputs[0]", "diagonal"),
            (#"{"type":"relu"}"#, "inputs[0]", "diagonal"),
            (#"{"type":"softmax","dim":0}"#, "inputs[0]", "dense"),
            (#"{"type":"flatten","start_dim":0}"#, "inputs[0]", "diagonal"),
            (#"{"type":"scale","factor":0}"#, "inputs[0]", "zero"),
            (#"{"type":"linear","weight":[[1,2,3,4],[5,6,7,8]]}"#, "inputs[0]", "dense"),
            (#"{"type":"linear","weight":[[1,2,3,4],[5,6,7,8]]}"#, "weight", "block"),
            (#"{"type":"linear","weight":[[1,2,3,4],[5,6,7,8]],"bias":[0,0]}"#, "bias", "diagonal"),
        ]
    )
    func `a Jacobian above max_elements is shown by its pattern`(_ layer: String, _ name: String, _ pattern: String)
        throws
    {
        let shape = layer.contains("linear") ? "[1, 2]" : "[1, 2, 3, 4]"
        let request = """
            {"network": {"layers": [\(layer)]}, "input": [1, 2, 3, 4], "output_gradient": \(shape), "max_elements": 3}
            """
        let body = try ExplainOperation.run(on: Array(request.utf8), limits: RequestLimits())
        let variables = try JSONTree(parsing: body)["layers"]?.elements.first?["steps_for"]?.elements ?? []
        let variable = try #require(variables.first { $0["variable"]?.text == name })
        #expect(variable["jacobian"]?["pattern"]?.text == pattern)
        for step in variable["steps"]?.elements ?? [] {
            #expect(step["value"]?["shape"] == step["shape"] && step["value"]?["pattern"] != nil)
        }
        #expect(variable["gradient"]?["pattern"] == nil)
    }

    @Test func `a layer far too large for its Jacobian is explained`() throws {
        let row = "[" + (0..<4096).map { "\($0)" }.joined(separator: ",") + "]"
        let request = """
            {"network": {"layers": [{"type": "tanh"}, {"type": "softmax", "dim": 0}]}, "input": \(row),
             "output_gradient": \(row), "max_elements": 1000000000}
            """
        var limits = RequestLimits()
        limits.elements = 5_000
        let body = try ExplainOperation.run(on: Array(request.utf8), limits: limits)
        let layers = try JSONTree(parsing: body)["layers"]?.elements ?? []
        #expect(layers.map { $0["steps_for"]?.elements[0]["jacobian"]?["pattern"]?.text } == ["dense", "diagonal"])
    }

    @Test func `symbols are those of the lecture`() throws {
        let request = try Resources.ofThisProgram.read("Examples/lecture.json")
        let layers = try JSONTree(parsing: ExplainOperation.outcome(of: request).1)["layers"]?.elements ?? []
        let weight = try #require(layers[1]["steps_for"]?.elements[1])
        #expect(weight["symbol"]?.text == "\\partial C/\\partial W^{(2)}")
        #expect(
            weight["index_form"]?.text
                == "\\frac{\\partial C}{\\partial W_{ij}^{(2)}} = y_{j}\\,\\frac{\\partial C}{\\partial z_{i}}"
        )
        #expect(
            weight["matrix_form"]?.text
                == "\\frac{\\partial C}{\\partial W^{(2)}} = \\frac{\\partial C}{\\partial z}\\,y^{\\top}"
        )
    }

    @Test func `a Jacobian over the limit is refused at its layer`() throws {
        let request = """
            {"network": {"layers": [{"type": "tanh"}, {"type": "sum", "dim": 0}, {"type": "linear",
             "weight": [[1], [2], [3], [4]]}]}, "input": [[1], [2]]}
            """
        var limits = RequestLimits()
        limits.elements = 8
        let (status, body) = JacobiansOperation.outcome(of: Array(request.utf8), limits: limits)
        let problem = try JSONTree(parsing: body)
        #expect(status == 422)
        #expect(problem["errors"]?.elements.map { $0["pointer"]?.text } == ["#/network/layers/2"])
        #expect(problem["detail"]?.text?.contains("16 elements") == true)
        #expect(problem["detail"]?.text?.contains("at most 8") == true)
    }

    @Test func `names from a request do no harm in any form`() throws {
        let name = #"</code><script>`\"\u001b[31m\n]|$&"#
        let request = #"{"network": {"layers": [{"type": "tanh", "name": "\#(name)"}]}, "input": 1, "graph": true}"#
        let body = Array(request.utf8)
        let limits = RequestLimits()
        let page = String(decoding: try ExplainOperation.run(on: body, as: .html, limits: limits), as: UTF8.self)
        #expect(unclosed(in: page) == [] && !page.contains("<script") && !page.contains("\u{1B}"))
        let plain = try ExplainOperation.run(on: body, as: .terminal, limits: limits)
        #expect(!plain.contains(0x1B))
        for form in [AnswerForm.graphviz, .mermaid] {
            let drawing = String(decoding: try ExplainOperation.run(on: body, as: form, limits: limits), as: UTF8.self)
            let quotes = drawing.replacing("\\\"", with: "").count { $0 == "\"" }
            #expect(quotes % 2 == 0 && !drawing.contains("\u{1B}"))
        }
    }

    @Test func `Documentation holds the derivation that is computed now`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: root.appending(path: "Documentation/derivation.md"))
        #expect(try WorkedDocument.derivation(.ofThisProgram) == [UInt8](file), "run `make documents`")
    }
}

extension GradientService.Operation {
    /// The answer in a form, within the usual limits.
    fileprivate static func run(on body: [UInt8], as form: AnswerForm) throws(Rejection) -> [UInt8] {
        try run(on: body, as: form, limits: RequestLimits())
    }
}
