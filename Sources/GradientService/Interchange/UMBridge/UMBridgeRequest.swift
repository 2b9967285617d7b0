import Backprop

/// A request's body as it was read; what an endpoint has no use for is read and left.
struct UMBridgeRequest {
    private(set) var name = ""
    private(set) var input: [[Double]] = []
    private(set) var sens: [Double]?
    private(set) var vec: [Double]?
    private(set) var indices: [String: Int] = [:]

    /// Reads a body.
    init(_ body: [UInt8], limits: RequestLimits) throws {
        var reader = JSONReader(body, maximumDepth: limits.depth)
        var name: String?
        do {
            guard try reader.beginObject() else { throw UMBridge.Failure(.invalidInput, "a request is an object") }
            while let member = try reader.nextMember() {
                switch member.text {
                case "name":
                    name = try reader.string()
                    if name == nil { try UMBridgeRequest.wrong("name", "a text") }
                case "input": input = try UMBridgeRequest.vectors(&reader, limits)
                case "sens": sens = try UMBridgeRequest.vector(&reader, "sens", limits)
                case "vec": vec = try UMBridgeRequest.vector(&reader, "vec", limits)
                case "config":
                    if try reader.peek() != .object { try UMBridgeRequest.wrong("config", "an object") }
                case "outWrt", "inWrt", "inWrt1", "inWrt2":
                    guard let integer = try reader.number()?.integer else {
                        try UMBridgeRequest.wrong(member.text, "an integer")
                    }
                    indices[member.text] = integer
                default: break
                }
            }
            try reader.finish()
        } catch let error as JSONSyntaxError {
            throw UMBridge.Failure(.invalidInput, "the body is not JSON: \(error.description)")
        }
        guard let name else { throw UMBridge.Failure(.invalidInput, "a request needs the name of a model") }
        self.name = name
    }

    private static func wrong(_ name: String, _ expected: String) throws -> Never {
        throw UMBridge.Failure(.invalidInput, "\(name) is \(expected)")
    }

    private static func vectors(_ reader: inout JSONReader, _ limits: RequestLimits) throws -> [[Double]] {
        guard try reader.beginArray() else { try wrong("input", "a list of vectors") }
        var vectors: [[Double]] = []
        while try reader.nextElement() {
            guard vectors.count <= 2 * limits.layers else { try wrong("input", "a list of fewer vectors") }
            vectors.append(try vector(&reader, "input \(vectors.count)", limits))
        }
        return vectors
    }

    /// Reads a list of numbers, or a bare number, which some clients write for a list of one.
    private static func vector(_ reader: inout JSONReader, _ name: String, _ limits: RequestLimits) throws -> [Double] {
        switch try reader.tensor(of: Double.self, limits: limits.tensor) {
        case .success(let written) where written.form == .nested && written.tensor.shape.rank <= 1:
            return written.tensor.elements
        case .success: try wrong(name, "a list of numbers")
        case .failure(let fault):
            throw UMBridge.Failure(.invalidInput, "\(name) is a list of numbers: \(fault.detail)")
        }
    }
}
