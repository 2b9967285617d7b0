import GradientService
import HTTPServer
import Logging
import Testing

/// The API without sockets, with a store in memory.
struct ModelAPI {
    let api: API

    init(
        keys: [Key]? = nil,
        models: (any ModelStore)? = nil,
        cacheBytes: Int = 256 << 20,
        memory: MemoryBudget = MemoryBudget()
    ) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        api = API(
            try Service(
                models: models.map { ModelLibrary($0, cacheBytes: cacheBytes, logger: logger) },
                accessControl: AccessControl(keys: keys),
                memory: memory,
                resources: .ofThisProgram,
                logger: logger
            )
        )
    }

    /// Answers a request as the server would.
    func ask(_ method: Method, _ path: String, _ body: [UInt8] = [], _ fields: Fields = [:]) -> Response {
        let head = RequestHead(method, path, fields: fields, id: "test")
        if let refusal = api.refuse(head) { return refusal }
        switch api.respond(to: Request(head: head, body: body)) {
        case .ready(let response): return response
        case .work(let work): return work(Cancellation())
        }
    }

    /// Answers a request whose body is a tree.
    func ask(_ method: Method, _ path: String, _ body: JSONTree, _ fields: Fields = [:]) throws -> (Int, JSONTree) {
        let response = ask(method, path, body.bytes, fields)
        return (response.status.code, try JSONTree(parsing: response.bytes))
    }

    /// x ↦ y = tanh(w x + bias) with a shared parameter.
    static let tanh: JSONTree = ["network": tanh(bias: [0.5, -0.5]), "inputs": ["x": ["shape": [3]]]]

    /// (a, b) ↦ p = a b, entry by entry.
    static let product: JSONTree = [
        "network": ["layers": [["name": "p", "type": "mul", "inputs": ["a", "b"]]]],
        "inputs": ["a": ["shape": [2]], "b": ["shape": [2]]],
    ]

    /// A model that takes indices.
    static let words: JSONTree = [
        "network": ["layers": [["name": "e", "type": "embedding", "inputs": ["i"], "weight": [[1, 2], [3, 4]]]]],
        "inputs": ["i": ["shape": [3]]],
    ]

    /// The network of ``tanh`` with another bias.
    static func tanh(bias: JSONTree) -> JSONTree {
        [
            "parameters": ["w": [[1, 2, 3], [4, 5, 6]]],
            "layers": [
                ["name": "h", "type": "linear", "inputs": ["x"], "weight": ["parameter": "w"], "bias": bias],
                ["name": "y", "type": "tanh"],
            ],
        ]
    }
}

extension Response {
    /// The body's bytes.
    var bytes: [UInt8] { body.bytes }
}

extension JSONTree {
    /// The tree as text.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.tree(self)
        return writer.take()
    }
}
