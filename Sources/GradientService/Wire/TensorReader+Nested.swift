import Backprop

/// What nested arrays have shown of a tensor so far.
struct NestedRows<Element: TextScalar> {
    /// The elements, in the order in which they are written.
    var elements: [Element] = []
    /// The length of the arrays at each level, `nil` until the first of them has ended.
    private(set) var lengths: [Int?] = []
    /// How many values each open array has, the outermost first.
    private(set) var counts: [Int] = []
    /// Whether numbers have been met in the innermost level that there is.
    private var hasNumbers = false
    /// Whether there is but one level, of numbers.
    private let isFlat: Bool
    private let limits: TensorLimits

    init(isFlat: Bool = false, limits: TensorLimits) {
        self.isFlat = isFlat
        self.limits = limits
    }

    /// The shape, once all arrays have ended.
    var shape: Shape { Shape(lengths.map { $0 ?? 0 }) }

    /// The place of the value that stands next.
    var place: JSONPointer { JSONPointer(counts.map { .index($0) }) }

    /// How many more numbers the innermost array may have; `nil` where that is not known.
    var room: Int? { lengths[counts.count - 1].map { $0 - counts[counts.count - 1] } }

    /// Notes that an array begins, or says why none may.
    mutating func begin() -> ValueFault? {
        if let fault = surplus() { return fault }
        if counts.count == lengths.count {
            if hasNumbers || isFlat && counts.count == 1 {
                return ValueFault("expected a number, found an array", at: place)
            }
            if counts.count == limits.rank { return limits.rankFault }
            lengths.append(nil)
        }
        counts.append(0)
        return nil
    }

    /// Notes that the innermost array ends, or says why it may not.
    mutating func end() -> ValueFault? {
        let count = counts.removeLast()
        let level = counts.count
        if let length = lengths[level], count < length {
            return ValueFault("expected a row of \(length), as the first; this one has \(count)", at: place)
        }
        lengths[level] = count
        if level > 0 { counts[level - 1] += 1 }
        return nil
    }

    /// Says why no number may stand here, if so.
    mutating func number() -> ValueFault? {
        if let fault = surplus() { return fault }
        guard counts.count == lengths.count else {
            return ValueFault("expected an array, found a number", at: place)
        }
        guard elements.count < limits.elements else {
            return ValueFault("a tensor has at most \(limits.elements) elements", isLimit: true)
        }
        hasNumbers = true
        return nil
    }

    /// Notes numbers that were appended to the elements.
    mutating func counted(_ count: Int) { counts[counts.count - 1] += count }

    /// The fault of the innermost array, where it has as many values as the first of its level and more follow.
    private func surplus() -> ValueFault? {
        guard let count = counts.last, let length = lengths[counts.count - 1], count == length else { return nil }
        let row = JSONPointer(counts.dropLast().map { .index($0) })
        return ValueFault("expected a row of \(length), as the first; this one has more", at: row)
    }
}

extension JSONReader {
    /// Reads the nested arrays that stand next.
    mutating func nestedTensor<Element: TextScalar>(
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> Result<WrittenTensor<Element>, ValueFault> {
        var rows = NestedRows<Element>(limits: limits)
        if let fault = try read(&rows, limits: limits) { return .failure(fault) }
        if let fault = limits.fault(of: rows.shape) { return .failure(fault) }
        return .success(WrittenTensor(tensor: Tensor(shape: rows.shape, elements: rows.elements), form: .nested))
    }

    /// Reads the array that stands next; its first fault, if it has one, ends reading in the midst of it.
    mutating func read<Element: TextScalar>(
        _ rows: inout NestedRows<Element>,
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> ValueFault? {
        let outside = open.count
        repeat {
            switch try peek() {
            case .array:
                if let fault = rows.begin() { return fault }
                _ = try beginArray()
            case .number:
                if let fault = rows.number() { return fault }
                if let fault = try readNumbers(&rows, limits: limits) { return fault }
            case .string:
                guard let element: Element = try nonFiniteNumber() else {
                    let detail = "expected a number, \"NaN\", \"Infinity\" or \"-Infinity\", found another string"
                    return ValueFault(detail, at: rows.place)
                }
                if let fault = rows.number() { return fault }
                rows.elements.append(element)
                rows.counted(1)
            case let kind:
                return ValueFault("expected a number or an array, found \(kind.described)", at: rows.place)
            }
            // At a value already where a run of numbers ended before one that it could not take.
            while expectation != .value, open.count > outside, try !nextElement() {
                if let fault = rows.end() { return fault }
            }
        } while open.count > outside
        return nil
    }

    /// Reads numbers up to the end of their array or to what is not one.
    private mutating func readNumbers<Element: TextScalar>(
        _ rows: inout NestedRows<Element>,
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> ValueFault? {
        let before = rows.elements.count
        // A row whose length is not known takes the room there is; what is appended to grows by doubling.
        let wanted = rows.room ?? max(rows.elements.capacity - before, 32)
        let room = min(wanted, limits.elements - before)
        let start = position
        let text = text
        var run: NumberRun?
        rows.elements.append(addingCapacity: room) { output in
            run = Element.read(text, from: start, into: &output)
        }
        guard let run else { return nil }
        position = run.position
        rows.counted(run.count)
        switch run.stop {
        case .closed:
            end()
            return rows.end()
        case .full, .other:
            expectation = .value
            return nil
        case .overflow: return .numberTooLarge(at: rows.place)
        case .malformed: throw malformedNumber()
        case .separator: throw unexpected("',' or ']'")
        }
    }
}
