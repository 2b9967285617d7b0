import Backprop

/// What makes nested arrays no tensor.
enum Oddity {
    /// An array where the innermost level is known to be numbers.
    case arrayAmongNumbers
    /// A number where there are arrays beside or before it.
    case numberAmongArrays
    /// An array with fewer values than the first of its level.
    case shortRow(Int)
    /// An array with more values than the first of its level.
    case longRow
    /// More dimensions than the limit.
    case tooDeep
    /// More elements than the limit.
    case tooMany
    /// A number beyond float64.
    case tooLarge
    /// A string that stands for no number.
    case otherString
    /// A value that is neither a number nor an array.
    case otherKind(JSONKind)
}

/// What nested arrays have shown of a tensor so far.
struct NestedRows<Element: TextScalar> {
    /// The elements, in the order in which they are written.
    private(set) var elements: [Element] = []
    /// The length of the arrays at each level; negative until the first of them has ended.
    private var lengths: [Int] = []
    /// How many values each open array has, the outermost first.
    private var counts: [Int] = []
    /// Whether numbers have been met, so that the innermost level is known.
    private var hasNumbers: Bool
    /// How many levels there may be: one for flat data.
    private let maximumRank: Int
    private let limits: TensorLimits
    /// Where in the text numbers end that several cores may read, at the latest, once that has been looked for.
    private var lastShared: Int?

    /// Makes what is known before the bracket of flat data, which have one level of numbers.
    ///
    /// - Parameters:
    ///   - expected: How many numbers they will be, if that is known.
    ///   - limits: How large the tensor may be.
    init(flatExpecting expected: Int?, limits: TensorLimits) {
        elements.reserveCapacity(expected ?? 0)
        maximumRank = 1
        hasNumbers = true
        self.limits = limits
    }

    /// Makes what is known before the first bracket of arrays nested as deep as the limits allow.
    init(limits: TensorLimits) {
        maximumRank = limits.rank
        hasNumbers = false
        // Most tensors have no more dimensions.
        lengths.reserveCapacity(4)
        counts.reserveCapacity(4)
        self.limits = limits
    }

    /// The shape, once all arrays have ended.
    var shape: Shape { Shape(lengths) }

    /// Notes that an array begins, or says why none may.
    mutating func begin() -> Oddity? {
        let level = counts.count
        if isFull { return .longRow }
        if level == lengths.count {
            if level > 0, hasNumbers { return .arrayAmongNumbers }
            if level == maximumRank { return .tooDeep }
            lengths.append(-1)
        }
        counts.append(0)
        return nil
    }

    /// Notes that the innermost array ends, or says why it may not.
    mutating func end() -> Oddity? {
        let level = counts.count - 1
        let count = counts[level]
        if lengths[level] < 0 { lengths[level] = count }
        if count < lengths[level] { return .shortRow(count) }
        counts.removeLast()
        if level > 0 { counts[level - 1] += 1 }
        return nil
    }

    /// Notes that a number stands next, or says why none may.
    mutating func beginNumbers() -> Oddity? {
        if isFull { return .longRow }
        if counts.count < lengths.count { return .numberAmongArrays }
        if elements.count >= limits.elements { return .tooMany }
        hasNumbers = true
        return nil
    }

    /// Appends a number.
    mutating func append(_ element: Element) {
        elements.append(element)
        counts[counts.count - 1] += 1
    }

    /// Reads numbers straight into the elements.
    ///
    /// - Parameters:
    ///   - text: The JSON text.
    ///   - position: Where a number stands.
    ///   - most: More numbers than the text can hold from there on.
    /// - Returns: How far the text was read.
    mutating func read(_ text: [UInt8], from position: Int, atMost most: Int) -> NumberRun {
        let level = counts.count - 1
        let length = lengths[level]
        var rest = Int.max
        var row = 0
        var room = max(elements.capacity - elements.count, 32)
        if length >= 0 {
            rest = length - counts[level]
            room = rest
            if level > 0 {
                row = length
                // The rows of the array around this one, up to its own length if that is known.
                let more = lengths[level - 1] - counts[level - 1] - 1
                room = more >= 0 ? rest + more * length : max(rest, elements.capacity - elements.count)
            }
        }
        room = min(room, most, limits.elements - elements.count)
        var run: NumberRun?
        elements.append(addingCapacity: room) { output in
            run = Element.read(text, from: position, rest: rest, row: row, into: &output)
        }
        guard let run else { preconditionFailure("the closure is called") }
        counts[level] += run.count - run.rows * row
        if row > 0 { counts[level - 1] += run.rows }
        return run
    }

    /// Reads numbers on several cores where there are many; they are flat, or rows as long as the first was.
    ///
    /// - Returns: Where the next number stands, in the next row where there are rows; `nil` if none were read.
    mutating func read(_ text: [UInt8], from position: Int, cores: Int) -> Int? {
        let level = counts.count - 1
        guard text.count - position > 4 * NumberBlocks.size, level == 0 || (lengths[level] > 0 && counts[level] == 0)
        else { return nil }
        let end = lastShared ?? NumberText.firstQuote(in: text, from: position)
        lastShared = end
        guard end - position > 4 * NumberBlocks.size else { return nil }
        let row = level == 0 ? 0 : lengths[level]
        var most = limits.elements - elements.count
        if level > 0 {
            most /= row
            // Behind those that are read one more begins.
            if lengths[level - 1] >= 0 { most = min(most, lengths[level - 1] - counts[level - 1] - 1) }
        }
        let blocks = NumberBlocks(
            text,
            in: position..<end,
            row: row,
            atMost: most,
            cores: cores,
            appendingTo: &elements
        )
        guard blocks.count > 0 else {
            // Rows of which there are few in one array, or no numbers as they should be: that goes on so.
            lastShared = position
            return nil
        }
        counts[level == 0 ? 0 : level - 1] += blocks.rows
        return blocks.position
    }

    /// Whether the innermost array has as many values as the first of its level.
    private var isFull: Bool {
        let level = counts.count - 1
        return level >= 0 && counts[level] == lengths[level]
    }
}

extension NestedRows {
    /// What is said of an oddity, and where.
    func fault(_ oddity: Oddity) -> ValueFault {
        // The value that stands next, or the array that it would stand in.
        let value = JSONPointer(counts.map { .index($0) })
        let row = JSONPointer(counts.dropLast().map { .index($0) })
        let length = counts.isEmpty ? 0 : lengths[counts.count - 1]
        switch oddity {
        case .arrayAmongNumbers: return ValueFault("expected a number, found an array", at: value)
        case .numberAmongArrays: return ValueFault("expected an array, found a number", at: value)
        case .shortRow(let count):
            return ValueFault("expected a row of \(length), as the first of its kind; this one has \(count)", at: row)
        case .longRow:
            return ValueFault("expected a row of \(length), as the first of its kind; this one has more", at: row)
        case .tooDeep: return limits.rankFault
        case .tooMany: return ValueFault("a tensor has at most \(limits.elements) elements", isLimit: true)
        case .tooLarge: return .numberTooLarge(at: value)
        case .otherString:
            let detail = "expected a number, \"NaN\", \"Infinity\" or \"-Infinity\", found another string"
            return ValueFault(detail, at: value)
        case .otherKind(let kind):
            let expected = hasNumbers ? "a number" : "a number or an array"
            return ValueFault("expected \(expected), found \(kind.described)", at: value)
        }
    }
}
