import Backprop
import Foundation
import Fuzz
import GradientService

/// JSON: skipping and reading judge a text alike, and what is accepted Foundation accepts as well, with the same
/// strings and numbers; it reads back the same when it is written, also indented, and so do the tensors in it.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = bytes(start, count)
    let skipped = Result { () throws(JSONSyntaxError) in
        var reader = JSONReader(text)
        try reader.finish()
    }
    let read = Result { () throws(JSONSyntaxError) in try JSONTree(parsing: text) }
    tensors(Double.self, text)
    tensors(Float.self, text)
    switch (skipped, read) {
    case (.failure(let left), .failure(let right)):
        require(left == right, "skipping finds \(left), reading \(right)")
        require((0...text.count).contains(left.offset) && left.line > 0 && left.column > 0, "\(left)")
    case (.success, .success(let tree)):
        compareWithFoundation(text, tree)
        let written = write(tree)
        require(write(parse(written)) == written, "written \(String(decoding: written, as: UTF8.self))")
        let wide = JSONIndenter.indented(written)
        require(write(parse(wide)) == written, "indented \(String(decoding: wide, as: UTF8.self))")
    default: fatalError("skipping gives \(skipped), reading \(read)")
    }
    return 0
}

@main enum FuzzJSON {
    static func main() { fuzz(fuzzJSON) }
}

private func parse(_ text: [UInt8]) -> JSONTree {
    do {
        return try JSONTree(parsing: text)
    } catch {
        fatalError("\(error) in \(String(decoding: text, as: UTF8.self))")
    }
}

private func write(_ tree: JSONTree) -> [UInt8] {
    var writer = JSONWriter()
    writer.tree(tree)
    return writer.take()
}

// MARK: Foundation

private func compareWithFoundation(_ text: [UInt8], _ tree: JSONTree) {
    // Foundation refuses a number beyond float64, which is read here so that its place can be told.
    guard !hasInfinite(tree) else { return }
    // It converts the pieces of a string between escapes one by one, and takes U+FEFF at the beginning of one for a mark
    // of the byte order, which it leaves out.
    guard !text.contains("\u{FEFF}".utf8) else { return }
    do {
        let value = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
        require(isSame(tree, value), "Foundation reads \(value)")
    } catch {
        fatalError("Foundation: \(error)")
    }
}

private func hasInfinite(_ tree: JSONTree) -> Bool {
    switch tree {
    case .object(let members): members.contains { hasInfinite($0.value) }
    case .array(let elements): elements.contains(where: hasInfinite)
    case .number(let value): value.isInfinite
    default: false
    }
}

private func isSame(_ tree: JSONTree, _ value: Any) -> Bool {
    switch tree {
    case .object(let members):
        guard let object = value as? [String: Any] else { return false }
        // A dictionary joins names that differ in bytes and not as Unicode has it.
        return members.count != object.count
            || members.allSatisfy { member in object[member.name].map { isSame(member.value, $0) } ?? false }
    case .array(let elements):
        guard let array = value as? [Any] else { return false }
        return elements.count == array.count && zip(elements, array).allSatisfy { isSame($0, $1) }
    case .string(let text): return (value as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .integer(let integer): return (value as? NSNumber)?.int64Value == Int64(integer)
    case .number(let number):
        guard let decimal = value as? NSDecimalNumber else { return (value as? NSNumber)?.doubleValue == number }
        // Foundation keeps many digits as a decimal and converts it by steps that round each; its text is converted in
        // one. A decimal has 38 digits, and where more are cut off the last unit may be another.
        guard let other = Double(decimal.decimalValue.description) else { return false }
        return abs(number - other) <= max(number.ulp, other.ulp)
    case .bool(let bool): return value as? Bool == bool
    case .null: return value is NSNull
    }
}

// MARK: Tensors

/// Reads the text as a tensor; one that is accepted keeps its limits and reads back bit for bit in every form.
private func tensors<Element: TextScalar>(_ type: Element.Type, _ text: [UInt8]) {
    let limits = TensorLimits(rank: 5, elements: 512)
    var reader = JSONReader(text)
    guard let result = try? reader.tensor(of: type, limits: limits), case .success(let written) = result else { return }
    let tensor = written.tensor
    require(tensor.shape.rank <= limits.rank && tensor.count <= limits.elements, "the shape \(tensor.shape)")
    require(tensor.elements.count == tensor.count, "\(tensor.elements.count) elements of \(tensor.shape)")
    if tensor.count > 0 {
        require(!written.place(ofElement: tensor.count - 1).steps.isEmpty || tensor.shape.rank == 0, "a place")
    }
    for form in TensorForm.allCases {
        var writer = JSONWriter()
        writer.tensor(tensor, as: form)
        let text = writer.take()
        var reader = JSONReader(text)
        guard let result = try? reader.tensor(of: type, limits: limits), case .success(let again) = result,
            (try? reader.finish()) != nil
        else {
            // Empty tensors can be had from no request.
            fatalError("not read again: \(String(decoding: text, as: UTF8.self))")
        }
        require(
            again.tensor.shape == tensor.shape
                && zip(again.tensor.elements, tensor.elements).allSatisfy { isSame($0, $1) },
            "read differently: \(String(decoding: text, as: UTF8.self))"
        )
    }
}

/// Whether two numbers have the same bits; one NaN is as good as another.
private func isSame<Element: TextScalar>(_ left: Element, _ right: Element) -> Bool {
    left.isNaN ? right.isNaN : left == right && left.sign == right.sign
}
