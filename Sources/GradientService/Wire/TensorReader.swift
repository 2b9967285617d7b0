import Backprop

extension JSONReader {
    /// Reads the tensor that stands next, in whichever form, straight into its storage.
    ///
    /// Where the value is not a tensor, its first fault in reading order is returned, the value is passed over, and
    /// reading can go on behind it. The fault's pointer leads on from the tensor's own place.
    ///
    /// A number that is beyond the element type but within float64 becomes infinite, as it does in PyTorch.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    package mutating func tensor<Element: TextScalar>(
        of element: Element.Type = Element.self,
        limits: TensorLimits = TensorLimits()
    ) throws(JSONSyntaxError) -> Result<WrittenTensor<Element>, ValueFault> {
        let start = checkpoint
        let result: Result<WrittenTensor<Element>, ValueFault>
        switch try peek() {
        case .array: result = try nestedTensor(limits: limits)
        case .object: result = try tensorObject(limits: limits)
        case .number, .string: result = try scalarTensor()
        case let kind: result = .failure(ValueFault("expected a tensor, found \(kind.described)"))
        }
        if case .failure = result {
            restore(start)
            try skip()
        }
        return result
    }

    private mutating func scalarTensor<Element: TextScalar>() throws(JSONSyntaxError) -> Result<
        WrittenTensor<Element>, ValueFault
    > {
        if let element: Element = try nonFiniteNumber() {
            return .success(WrittenTensor(tensor: Tensor(element), form: .nested))
        }
        guard try peek() == .number else { return .failure(ValueFault("expected a tensor, found a string")) }
        var elements: [Element] = []
        var stop = NumberRun.Stop.other
        elements.append(addingCapacity: 1) { output in
            stop = Element.read(text, from: position, rest: 1, row: 0, into: &output).stop
        }
        // Whether the number is well spelt is for `number` to say; what follows it is for whoever reads on.
        _ = try number()
        guard stop != .overflow, let element = elements.first else { return .failure(.numberTooLarge()) }
        return .success(WrittenTensor(tensor: Tensor(element), form: .nested))
    }

    /// Reads one of the three strings that stand for numbers JSON cannot write; `nil` where something else stands.
    mutating func nonFiniteNumber<Element: TextScalar>() throws(JSONSyntaxError) -> Element? {
        guard try peek() == .string else { return nil }
        let start = position
        let raw = try rawString()
        let bytes = raw.hasEscapes ? unescape(raw)[...] : text[raw.range]
        let number: Element?
        switch String(decoding: bytes.prefix(16), as: UTF8.self) {
        case "NaN": number = .nan
        case "Infinity": number = .infinity
        case "-Infinity": number = -.infinity
        default: number = nil
        }
        guard let number else {
            position = start
            return nil
        }
        expectation = .separator
        return number
    }
}

extension ValueFault {
    /// A number that passes the largest float64.
    static func numberTooLarge(at pointer: JSONPointer = []) -> ValueFault {
        ValueFault("a number beyond the largest float64, 1.7976931348623157e308", at: pointer)
    }
}
