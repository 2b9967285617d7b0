import Fuzz
import GradientService
import HTTPServer
import Logging

/// Heads with bodies, to any endpoint: whatever is asked, of stored models or in the protocols of others, the answer is
/// one that the contract knows, in the form that it says it has; and a model comes back as it was put.
@c(LLVMFuzzerTestOneInput)
public func fuzzService(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // The framing of requests is for other targets: all that follows the head is the body.
    guard let request = request(bytes(start, count)) else { return -1 }
    service.shelf.reset()
    let response = answer(request)
    check(response, to: request)
    if request.head.method == .put, [200, 201].contains(response.status.code) { checkStored(request, response) }
    return 0
}

@main enum FuzzService {
    static func main() { fuzz(fuzzService) }
}

private let service = FuzzedService()

/// The service with some models.
private struct FuzzedService: Sendable {
    let shelf = Shelf()
    let api: API

    init() {
        var limits = RequestLimits()
        // What is computed within them takes milliseconds.
        (limits.depth, limits.layers, limits.memory) = (24, 24, 1 << 20)
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let library = ModelLibrary(shelf, limits: limits, logger: logger)
        do {
            api = API(try Service(limits: limits, models: library, resources: .ofThisProgram, logger: logger))
            for (name, model) in models { _ = try library.put(name, Array(model.utf8)) }
        } catch {
            fatalError("\(error); Fuzzing/run.sh says where the service's files are")
        }
        shelf.keep()
    }
}

/// One with parameters and a batch dimension, one that has none, one with indices.
private let models = [
    (
        "m",
        #"""
        {"network":{"layers":[{"type":"linear","inputs":["x"],"weight":[[1,0,2],[-1,3,1]],"bias":[0.5,-1]},
         {"type":"tanh"}]},"inputs":{"x":{"shape":[3]}}}
        """#
    ),
    (
        "s",
        #"""
        {"network":{"layers":[{"type":"mul","inputs":["a","b"]},{"type":"sum"}]},
         "inputs":{"a":{"shape":[2]},"b":{"shape":[2]}}}
        """#
    ),
    (
        "e",
        #"""
        {"network":{"layers":[{"type":"embedding","inputs":["i"],"weight":[[1,2],[3,4],[5,6]]},
         {"type":"square"}]},"inputs":{"i":{"shape":[2],"dtype":"int64"}}}
        """#
    ),
]

private func request(_ sent: [UInt8]) -> Request? {
    var machine = ConnectionMachine(limits: SharedLimits(Limits()), at: .zero)
    var index = 0
    guard case .head(let head) = machine.next(sent.span, from: &index, at: .zero) else { return nil }
    return Request(head: head, body: Array(sent[index...]))
}

private func answer(_ request: Request) -> Response {
    if let refusal = service.api.refuse(request.head) { return refusal }
    switch service.api.respond(to: request) {
    case .ready(let response): return response
    case .work(let work): return work(Cancellation())
    }
}

private func check(_ response: Response, to request: Request) {
    let (status, body) = (response.status.code, response.body.bytes)
    func finding(_ text: String) -> String {
        "\(text): \(request.head.method.name) \(request.head.target) gets \(status)\n"
            + String(decoding: body.prefix(2000), as: UTF8.self)
    }
    // A model's own numbers may be such as UM-Bridge has no answer for.
    let isFault = [400, 401, 404, 405, 406, 412, 413, 415, 422].contains(status)
    let isUMBridge = request.head.path.hasPrefix("/umbridge/")
    require([200, 201, 204, 304].contains(status) || isFault || status == 500 && isUMBridge, finding("a status"))
    guard !response.status.isWithoutContent else { return require(body.isEmpty, finding("content")) }
    guard let type = response.fields["Content-Type"] else {
        return require(body.isEmpty, finding("content without a type"))
    }
    if type.hasPrefix("application/json") || type == Problem.mediaType {
        guard let tree = try? JSONTree(parsing: body) else { fatalError(finding("no JSON")) }
        if type == Problem.mediaType { require(tree["status"] == .integer(status), finding("another status")) }
        require(!isFault || body.count < 1 << 16, finding("a long problem"))
    } else if type == "application/octet-stream" {
        guard let length = response.fields["Inference-Header-Content-Length"].flatMap({ Int($0) }),
            (0...body.count).contains(length), (try? JSONTree(parsing: Array(body[..<length]))) != nil
        else { fatalError(finding("no JSON before binary tensors")) }
    }
}

/// A model that was stored can be had, and is the same model when it is put again as it comes.
private func checkStored(_ put: Request, _ response: Response) {
    let got = answer(Request(head: RequestHead(.get, put.head.path)))
    require(got.status == 200, "what was stored can't be had: \(got.status.code)")
    require(got.fields["ETag"] == response.fields["ETag"], "another tag")
    let text = String(decoding: got.body.bytes, as: UTF8.self)
    // What it is besides, which nobody puts.
    let added = [",\"batched\":true}\n", ",\"batched\":false}\n"].first { text.hasSuffix($0) }
    guard let added else { fatalError("a model without its batch dimension: \(text)") }
    let again = Request(
        head: RequestHead(.put, put.head.path, fields: ["Content-Type": "application/json"]),
        body: Array(text.dropLast(added.count).utf8) + [UInt8(ascii: "}")]
    )
    let second = answer(again)
    require(
        second.status == 200 && second.fields["ETag"] == response.fields["ETag"],
        "put again it is another: \(text)\n\(String(decoding: second.body.bytes, as: UTF8.self))"
    )
}
