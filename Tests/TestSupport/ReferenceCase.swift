import Backprop
import Foundation
package import GradientService

/// A reference case: a request with the answer that an independent engine computed.
package struct ReferenceCase: Sendable {
    package let name: String
    package let endpoint: String
    package let request: [UInt8]
    let expectation: JSONTree
    /// The types of layers and losses that it names.
    package let types: Set<String>
    let relative: Double
    let absolute: Double

    /// The folder of the fixtures.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/cases")

    /// Every case there is.
    package static let all: [ReferenceCase] = {
        do {
            let folders = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            return try folders.flatMap { sub in
                try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: sub).path).sorted()
                    .map { try ReferenceCase(folder.appending(path: sub).appending(path: $0)) }
            }
        } catch {
            fatalError("the reference cases can't be read: \(error)")
        }
    }()

    private init(_ file: URL) throws {
        let tree = try JSONTree(parsing: [UInt8](Data(contentsOf: file)))
        name = file.deletingLastPathComponent().lastPathComponent + "/" + file.deletingPathExtension().lastPathComponent
        let body = try tree.member("request")
        let entries = (body["network"]?["layers"]?.elements ?? []) + (body["loss"].map { [$0] } ?? [])
        types = Set(entries.compactMap { $0["type"]?.text })
        var writer = JSONWriter()
        writer.tree(body)
        request = writer.take()
        endpoint = try tree.member("endpoint").text ?? ""
        expectation = try tree.member("expect")
        relative = tree["tolerance"]?["relative"]?.double ?? 1e-9
        absolute = tree["tolerance"]?["absolute"]?.double ?? 1e-11
    }

    /// Whether there are the operation, layers and losses that it uses.
    package var isCovered: Bool {
        operations.contains { "/v1/\($0.name)" == endpoint } && types.isDisjoint(with: ReferenceCase.pending)
    }

    /// Types that cases use rightly and that there are not yet.
    package static let pending = all.filter(\.isGood).reduce(into: Set<String>()) { $0.formUnion($1.types) }
        .subtracting(Catalogue.layerTypes).subtracting(Catalogue.lossTypes)

    /// Whether the request is a valid one.
    package var isGood: Bool { expectation["status"] == .integer(200) }

    /// What the answer lacks of what is expected; empty where it agrees.
    package func differences(status: Int, body: JSONTree) -> [String] {
        guard case .integer(status)? = expectation["status"] else { return ["status \(status): \(body)"] }
        var found: [String] = []
        if case .array(let errors)? = expectation["errors"] {
            let wanted = errors.compactMap { $0["pointer"]?.text }.sorted()
            let given = Set((body["errors"]?.elements ?? []).compactMap { $0["pointer"]?.text }).sorted()
            if wanted != given { found.append("expected faults at \(wanted), got \(given)") }
        }
        if let response = expectation["response"] {
            switch endpoint {
            case "/v1/explain": compareDerivation(response, body, &found)
            case "/v1/check": compareCheck(response, body, &found)
            default: compare(response, body, "$", &found)
            }
        }
        for pointer in expectation["absent"]?.elements ?? [] where isPresent(pointer.text ?? "", in: body) {
            found.append("\(pointer) is there")
        }
        return found
    }

    /// Members that are not expected may be there; numbers agree within the tolerance.
    private func compare(_ expected: JSONTree, _ actual: JSONTree?, _ path: String, _ found: inout [String]) {
        if let wanted = expected.double {
            guard let given = actual?.double, abs(given - wanted) <= absolute + relative * abs(wanted) else {
                return found.append("\(path): expected \(wanted), got \(String(describing: actual))")
            }
            return
        }
        switch (expected, actual) {
        case (.object(let members), .object(_)?):
            for member in members {
                if member.name == "base64" {
                    compareBytes(expected, actual, path, &found)
                } else {
                    compare(member.value, actual?[member.name], path + "." + member.name, &found)
                }
            }
        case (.array(let wanted), .array(let given)?):
            guard wanted.count == given.count else {
                return found.append("\(path): expected \(wanted.count) elements, got \(given.count)")
            }
            for index in wanted.indices { compare(wanted[index], given[index], "\(path)[\(index)]", &found) }
        default:
            if expected != actual { found.append("\(path): expected \(expected), got \(String(describing: actual))") }
        }
    }

    private func compareBytes(_ expected: JSONTree, _ actual: JSONTree?, _ path: String, _ found: inout [String]) {
        let (wanted, given) = (expected.unpacked, actual?.unpacked ?? [])
        guard wanted.count == given.count else { return found.append("\(path): \(given.count) numbers") }
        for (w, g) in zip(wanted, given)
        where !(abs(g - w) <= absolute + relative * abs(w) || g == w || g.isNaN && w.isNaN) {
            return found.append("\(path): expected \(w), got \(g)")
        }
    }

    /// The derivations of a layer are matched by their variable.
    private func compareDerivation(_ expected: JSONTree, _ actual: JSONTree, _ found: inout [String]) {
        let (wanted, given) = (expected["layers"]?.elements ?? [], actual["layers"]?.elements ?? [])
        guard wanted.count == given.count else { return found.append("expected \(wanted.count) layers") }
        for (index, (w, g)) in zip(wanted, given).enumerated() {
            compare(w["name"] ?? .null, g["name"], "$.layers[\(index)].name", &found)
            compare(w["type"] ?? .null, g["type"], "$.layers[\(index)].type", &found)
            for step in w["steps_for"]?.elements ?? [] {
                let variable = step["variable"]
                let match = g["steps_for"]?.elements.first { $0["variable"] == variable }
                compare(step, match, "$.layers[\(index)].steps_for[\(variable?.text ?? "")]", &found)
            }
        }
    }

    /// Whether it passed, the worst tensor where named, and the names of the tensors checked.
    private func compareCheck(_ expected: JSONTree, _ actual: JSONTree, _ found: inout [String]) {
        for member in ["passed", "worst"] {
            if let wanted = expected[member] { compare(wanted, actual[member], "$." + member, &found) }
        }
        for tensor in expected["tensors"]?.elements ?? [] {
            let isThere = actual["tensors"]?.elements.contains {
                $0["layer"] == tensor["layer"] && $0["variable"] == tensor["variable"]
            }
            if isThere != true { found.append("no tensor \(tensor)") }
        }
    }

    private func isPresent(_ pointer: String, in body: JSONTree) -> Bool {
        var value: JSONTree? = body
        for part in pointer.dropFirst(2).split(separator: "/") {
            value =
                Int(part).map { index in
                    value?.elements.indices.contains(index) == true ? value?.elements[index] : nil
                } ?? value?[String(part)]
        }
        return value != nil
    }
}

extension JSONTree {
    /// A member that must be there.
    func member(_ name: String) throws -> JSONTree {
        struct Missing: Error { let name: String }
        guard let value = self[name] else { throw Missing(name: name) }
        return value
    }

    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The numbers of a base64 tensor.
    var unpacked: [Double] {
        guard let text = self["base64"]?.text, let data = Data(base64Encoded: text) else { return [] }
        let bytes = [UInt8](data)
        let isDouble = self["dtype"]?.text == "float64"
        let size = isDouble ? 8 : 4
        return stride(from: 0, to: bytes.count, by: size).map { start in
            let bits = (0..<size).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
            return isDouble ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(bits)))
        }
    }
}
