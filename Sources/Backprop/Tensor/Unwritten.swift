// Memory that is written before it is read need not be filled with zeros first, which was a thirtieth of a convolutional
// network's time.

extension Array where Element: Scalar {
    /// An array whose elements are whatever stood in its memory, for those who write every one of them before any is
    /// read: buffers between matrix products.
    @inline(__always) static func unwritten(_ count: Int) -> [Element] {
        unsafe [Element](unsafeUninitializedCapacity: count) { $1 = count }
    }

    /// An array of so many elements, every one of which `body` has to write.
    @inline(__always) static func overwriting(
        _ count: Int,
        _ body: (inout MutableSpan<Element>) -> Void
    ) -> [Element] {
        unsafe [Element](unsafeUninitializedCapacity: count) { buffer, written in
            var elements = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count]).mutableSpan
            body(&elements)
            written = count
        }
    }
}
