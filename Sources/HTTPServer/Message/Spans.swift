/// What is done to bytes that lie side by side, without a copy or a count of references.
extension Span<UInt8> {
    /// Whether all bytes are of a kind.
    @inline(__always)
    func allSatisfy(_ isOfKind: (UInt8) -> Bool) -> Bool {
        for index in indices where !isOfKind(self[index]) { return false }
        return true
    }

    /// Whether these are the same bytes, ASCII letters compared without regard to case and no others.
    @inline(__always)
    func equalsIgnoringCase(_ other: borrowing Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] {
            if self[index].lowercased != other[index].lowercased { return false }
        }
        return true
    }
}

extension OutputSpan<UInt8> {
    /// Appends bytes, for which there is room.
    @inline(__always)
    mutating func append(_ bytes: borrowing Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe withUnsafeMutableBufferPointer { buffer, count in
                let room = UnsafeMutableRawBufferPointer(buffer)
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: source)
                count += source.count
            }
        }
    }

    /// Appends bytes that are part of the program.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe append(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number that is not negative.
    mutating func append(decimal value: Int) {
        if value >= 10 { append(decimal: value / 10) }
        append(48 + UInt8(truncatingIfNeeded: value % 10))
    }
}
