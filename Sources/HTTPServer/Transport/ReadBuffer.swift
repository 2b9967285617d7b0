/// A queue's buffer for reads.
@safe final class ReadBuffer {
    private let memory: UnsafeMutableRawBufferPointer

    init(capacity: Int) { unsafe memory = .allocate(byteCount: capacity, alignment: 64) }

    deinit { unsafe memory.deallocate() }

    var capacity: Int { unsafe memory.count }

    func read(from descriptor: Int32, by calls: SystemCalls) -> System.Outcome {
        unsafe calls.read(descriptor, into: memory)
    }

    /// Calls `use` with the first `count` bytes, which the last read wrote.
    func withBytes<Result>(_ count: Int, _ use: (borrowing Span<UInt8>) -> Result) -> Result {
        let bytes = unsafe UnsafeBufferPointer(rebasing: memory.assumingMemoryBound(to: UInt8.self)[..<count])
        return use(unsafe Span(_unsafeElements: bytes))
    }
}
