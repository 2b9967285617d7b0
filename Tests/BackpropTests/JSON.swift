import Backprop
import Foundation

/// A JSON value, to read the reference cases with.
///
/// A boolean is 0 or 1 here: the declaration of a field says what it takes.
enum JSON: Sendable, Equatable {
    case null
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(reading file: URL) throws {
        self.init(try JSONSerialization.jsonObject(with: Data(contentsOf: file), options: .fragmentsAllowed))
    }

    private init(_ value: Any) {
        switch value {
        case let number as NSNumber: self = .number(number.doubleValue)
        case let string as String: self = .string(string)
        case let array as [Any]: self = .array(array.map(JSON.init))
        case let object as [String: Any]: self = .object(object.mapValues { JSON($0) })
        default: self = .null
        }
    }

    subscript(name: String) -> JSON? {
        if case .object(let members) = self, let member = members[name], member != .null { member } else { nil }
    }

    var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
    var items: [JSON] { if case .array(let items) = self { items } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// A number; the special ones are strings.
    var number: Double? {
        switch self {
        case .number(let number): number
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}

// MARK: - Tensors

extension JSON {
    /// The nested array of a tensor; a special number is a string.
    init(_ tensor: Tensor<Double>) {
        var elements = tensor.elements[...]
        self.init(nesting: tensor.shape.dimensions[...], &elements)
    }

    init(_ number: Double) {
        self =
            number.isNaN
            ? .string("NaN")
            : number.isInfinite
                ? .string(number < 0 ? "-Infinity" : "Infinity")
                : .number(number)
    }

    private init(nesting shape: ArraySlice<Int>, _ elements: inout ArraySlice<Double>) {
        guard let length = shape.first else {
            self.init(elements.removeFirst())
            return
        }
        self = .array((0..<length).map { _ in JSON(nesting: shape.dropFirst(), &elements) })
    }

    /// The tensor of a nested array.
    var tensor: Tensor<Double> {
        var dimensions: [Int] = []
        var level = self
        while case .array(let items) = level, let first = items.first {
            dimensions.append(items.count)
            level = first
        }
        var elements: [Double] = []
        gather(&elements)
        return Tensor(shape: Shape(dimensions), elements: elements)
    }

    private func gather(_ elements: inout [Double]) {
        if case .array(let items) = self {
            for item in items { item.gather(&elements) }
        } else if let number {
            elements.append(number)
        }
    }
}

// MARK: - Comparing

/// How far numbers may lie apart: |actual − expected| ≤ absolute + relative · |expected|.
struct Tolerance: Sendable {
    let absolute: Double
    let relative: Double
}

extension JSON {
    /// The first place where `actual` is not what is expected, `self`; more members than expected are allowed.
    func difference(from actual: JSON?, _ tolerance: Tolerance, at path: String = "$") -> String? {
        guard let actual else { return "\(path): missing" }
        switch (self, actual) {
        case (.number(let expected), .number(let given)):
            let fits = abs(given - expected) <= tolerance.absolute + tolerance.relative * abs(expected)
            return fits ? nil : "\(path): expected \(expected), got \(given)"
        case (.object(let expected), .object(let given)):
            for (name, value) in expected {
                if let found = value.difference(from: given[name], tolerance, at: "\(path).\(name)") { return found }
            }
            return nil
        case (.array(let expected), .array(let given)):
            guard expected.count == given.count else {
                return "\(path): expected \(expected.count) items, got \(given.count)"
            }
            for index in expected.indices {
                let place = "\(path)[\(index)]"
                if let found = expected[index].difference(from: given[index], tolerance, at: place) { return found }
            }
            return nil
        default: return self == actual ? nil : "\(path): expected \(self), got \(actual)"
        }
    }
}
