import Backprop

extension JSONReader {
    /// Reads the nested arrays that stand next.
    mutating func nestedTensor<Element: TextScalar>(
        limits: TensorLimits
    ) throws(JSONSyntaxError) -> Result<WrittenTensor<Element>, ValueFault> {
        var rows = NestedRows<Element>(limits: limits)
        if let fault = try read(&rows) { return .failure(fault) }
        if let fault = limits.fault(of: rows.shape) { return .failure(fault) }
        return .success(WrittenTensor(tensor: Tensor(shape: rows.shape, elements: rows.elements), form: .nested))
    }

    /// Reads the array that stands next; its first fault, if it has one, ends reading in the midst of it.
    mutating func read<Element: TextScalar>(
        _ rows: inout NestedRows<Element>
    ) throws(JSONSyntaxError) -> ValueFault? {
        let outside = open.count
        repeat {
            switch try peek() {
            case .array:
                if let oddity = rows.begin() { return rows.fault(oddity) }
                try begin(.array)
                // An empty array or one of arrays needs what follows; before a number there is nothing more to do.
                skipSpace()
                if position < text.count, text[position] != UInt8(ascii: "]") { expectation = .value }
            case .number:
                if let oddity = try readNumbers(&rows) { return rows.fault(oddity) }
            case .string:
                if let oddity = rows.beginNumbers() { return rows.fault(oddity) }
                guard let element: Element = try nonFiniteNumber() else { return rows.fault(.otherString) }
                rows.append(element)
            case let kind: return rows.fault(.otherKind(kind))
            }
            // At a value already where a run of numbers ended before one that it could not take.
            while expectation != .value, open.count > outside, try !nextElement() {
                if let oddity = rows.end() { return rows.fault(oddity) }
            }
        } while open.count > outside
        return nil
    }

    /// Reads numbers up to the end of their array, or of several that are rows, or to what is not a number.
    private mutating func readNumbers<Element: TextScalar>(
        _ rows: inout NestedRows<Element>
    ) throws(JSONSyntaxError) -> Oddity? {
        if let oddity = rows.beginNumbers() { return oddity }
        while let cores = spare?.usable, cores > 1, let end = rows.read(text, from: position, cores: cores) {
            position = end
        }
        // A number and its comma take two bytes: no more room is taken than the text can fill.
        let run = rows.read(text, from: position, atMost: (text.count - position) / 2 + 1)
        position = run.position
        switch run.stop {
        case .closed:
            end()
            return rows.end()
        case .full, .other:
            expectation = .value
            return nil
        case .overflow: return .tooLarge
        case .malformed: throw malformedNumber()
        case .separator: throw unexpected("',' or ']'")
        }
    }
}
