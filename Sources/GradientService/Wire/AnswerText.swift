import Backprop

/// The text of an answer, large tensors of which are kept as they were computed and printed when the text is wanted.
///
/// All that can fail has been done: printing can't.
package struct AnswerText: Sendable {
    /// A stretch of the text.
    enum Part: Sendable {
        case text([UInt8])
        /// Numbers in nested arrays of so many values, the outermost first.
        case nested(KeptNumbers, lengths: [Int])
        /// The letters of the numbers' bytes, without the quotes.
        case base64(KeptNumbers)
    }

    /// What comes before `end`, in order; empty where the whole text is there.
    let parts: [Part]
    /// The end of the text.
    let end: [UInt8]

    /// A text that is there.
    package init(_ text: [UInt8]) { self.init([], text) }

    init(_ parts: [Part], _ end: [UInt8]) { (self.parts, self.end) = (parts, end) }

    /// The text where nothing of it is still to be printed.
    package var whole: [UInt8]? { parts.isEmpty ? end : nil }

    /// How many bytes it is at most, about: the numbers are reckoned generously.
    package var mostBytes: Int { parts.reduce(end.count) { $0 + $1.mostBytes } }

    /// How many bytes are kept until it has been printed.
    var keptBytes: Int { parts.reduce(end.capacity) { $0 + $1.keptBytes } }

    /// The whole text.
    ///
    /// - Parameter spare: The cores that may help to print it.
    /// - Returns: The text.
    package func printed(with spare: SpareCores? = nil) -> [UInt8] {
        if let whole { return whole }
        var text: [UInt8] = []
        text.reserveCapacity(mostBytes)
        var printer = AnswerPrinter(self, spare: spare)
        while printer.print(into: &text, .max) {}
        return text
    }
}

/// Numbers by reference, to be printed later.
package enum KeptNumbers: Sendable {
    case float64([Double])
    case float32([Float])

    /// How many there are.
    var count: Int {
        switch self {
        case .float64(let numbers): numbers.count
        case .float32(let numbers): numbers.count
        }
    }

    /// Their type.
    var dtype: DType {
        switch self {
        case .float64: .float64
        case .float32: .float32
        }
    }
}

extension AnswerText.Part {
    fileprivate var mostBytes: Int {
        switch self {
        case .text(let text): text.count
        case .nested(let numbers, let lengths):
            // Each row of the innermost arrays has brackets and a comma beside the digits.
            JSONWriter.expectedSize(ofNumbers: numbers.count, dtype: numbers.dtype, form: .nested)
                + 3 * lengths.count * numbers.count / max(lengths.last ?? 1, 1)
        case .base64(let numbers):
            JSONWriter.expectedSize(ofNumbers: numbers.count, dtype: numbers.dtype, form: .base64)
        }
    }

    fileprivate var keptBytes: Int {
        switch self {
        case .text(let text): text.capacity
        case .nested(let numbers, _), .base64(let numbers): numbers.count * numbers.dtype.size
        }
    }
}

extension JSONWriter {
    /// A tensor of so many numbers is printed later.
    private static let large = 4_096
    /// Once so much text is there, one of fewer is too, so that a text of many small tensors is not held whole either.
    private static let muchText = 64 << 10
    private static let fewNumbers = 32

    /// Whether a tensor of so many numbers is to be printed later.
    func defers(_ count: Int) -> Bool {
        defersTensors
            && (count >= JSONWriter.large || (count >= JSONWriter.fewNumbers && bytes.count >= JSONWriter.muchText))
    }

    /// Writes what is around a tensor's numbers, and keeps those.
    mutating func deferTensor<Element: TextScalar>(_ tensor: Tensor<Element>, as form: TensorForm) {
        let numbers = Element.kept(tensor.elements)
        if form == .nested, tensor.shape.rank <= JSONWriter.maximumNestedRank {
            separate()
            append(.nested(numbers, lengths: tensor.shape.dimensions))
            return
        }
        beginObject()
        name("shape")
        integers(tensor.shape.dimensions)
        if form == .base64 {
            name("dtype")
            string(Element.dtype.rawValue)
            name("base64")
            separate()
            bytes.append(UInt8(ascii: "\""))
            append(.base64(numbers))
            bytes.append(UInt8(ascii: "\""))
        } else {
            name("data")
            separate()
            append(.nested(numbers, lengths: [tensor.count]))
        }
        endObject()
    }

    /// Ends the text so far with a part that is printed later.
    private mutating func append(_ part: AnswerText.Part) {
        if !bytes.isEmpty { parts.append(.text(bytes)) }
        parts.append(part)
        bytes = []
    }

    /// Takes the text out, the writer being empty after it.
    package mutating func takeAnswer() -> AnswerText {
        let text = AnswerText(parts, bytes)
        (parts, bytes) = ([], [])
        return text
    }
}
