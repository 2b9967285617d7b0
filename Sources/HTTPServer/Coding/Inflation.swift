import CZlib

/// Takes gzip or deflate off a request's body, within bounds on what comes out.
package enum Inflation {
    /// Why there is no content.
    package enum Failure: Error, Equatable {
        /// There are more bytes than were asked for.
        case longer
        /// There are more gzip members than are read.
        case members
        /// It is not what the coding says, for the reason given.
        case damaged(String)
        case cancelled
    }

    /// The content of a body in a coding: all members of gzip (RFC 1952 §2.2); for deflate zlib's form (RFC 1950), or
    /// the bare one that some clients take it for.
    ///
    /// At most `most` bytes and one more are inflated, and memory grows with what has come out.
    package static func content(
        of body: [UInt8],
        _ coding: ContentCoding,
        most: Int,
        members: Int,
        _ cancellation: Cancellation? = nil
    ) throws(Failure) -> [UInt8] {
        guard let inflater = Inflater(coding, isBare: coding == .deflate && !hasZlibHeader(body)) else {
            throw .damaged("zlib has no memory")
        }
        var content: [UInt8] = []
        var offset = 0
        var count = 1
        while true {
            if cancellation?.isCancelled == true { throw .cancelled }
            let room = min(max(content.count, 16 << 10), most + 1 - content.count)
            let outcome = inflater.run(body, from: &offset, into: &content, room: room)
            if content.count > most { throw .longer }
            switch outcome {
            case .more: continue
            case .starved: throw .damaged("it ends too soon")
            case .damaged(let reason): throw .damaged(reason)
            case .end:
                if offset == body.count { return content }
                guard coding == .gzip, body[offset...].starts(with: [0x1F, 0x8B]) else {
                    throw .damaged("\(body.count - offset) bytes follow its end")
                }
                count += 1
                if count > members { throw .members }
                inflater.reset()
            }
        }
    }

    /// The most bytes that a body of `count` bytes may inflate to: the ratio holds beyond the first of them.
    package static func most(of count: Int, _ limits: Limits) -> Int {
        let (product, overflow) = count.multipliedReportingOverflow(by: limits.inflationRatio)
        return min(limits.body, max(limits.inflationAllowance, overflow ? .max : product))
    }

    /// RFC 1950 §2.2: method 8, a window that exists, and a check that 31 divides.
    private static func hasZlibHeader(_ body: [UInt8]) -> Bool {
        guard body.count >= 2 else { return true }
        return body[0] & 15 == 8 && body[0] >> 4 <= 7 && (Int(body[0]) << 8 | Int(body[1])) % 31 == 0
    }
}

/// A stream of zlib's inflate, which keeps a pointer to its own state: so it has one place in memory.
@safe private final class Inflater {
    enum Outcome {
        /// The room is full.
        case more
        /// All was read, and the end has not come.
        case starved
        case end
        case damaged(String)
    }

    private let stream: UnsafeMutablePointer<z_stream>

    init?(_ coding: ContentCoding, isBare: Bool) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for gzip, a negative number for no frame.
        let bits: Int32 = coding == .gzip ? 31 : isBare ? -15 : 15
        let code = unsafe inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        if code != Z_OK { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Begins another member where the last one ended.
    func reset() { unsafe inflateReset(stream) }

    /// Inflates from `offset` on, appending at most `room` bytes.
    func run(_ input: [UInt8], from offset: inout Int, into output: inout [UInt8], room: Int) -> Outcome {
        var code = Z_OK
        var isFull = false
        output.append(addingCapacity: room) { span in
            unsafe input.withUnsafeBufferPointer { bytes in
                // zlib counts in 32 bits, reads through a pointer that C does not call constant, and never writes there.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: bytes.baseAddress.map { unsafe $0 + offset }
                )
                unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count - offset)
                let given = unsafe stream.pointee.avail_in
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(clamping: buffer.count)
                    let room = unsafe stream.pointee.avail_out
                    code = unsafe inflate(stream, Z_NO_FLUSH)
                    count = unsafe Int(room - stream.pointee.avail_out)
                    isFull = unsafe stream.pointee.avail_out == 0
                }
                offset += unsafe Int(given - stream.pointee.avail_in)
            }
        }
        switch code {
        case Z_STREAM_END: return .end
        case Z_OK, Z_BUF_ERROR: return isFull || offset < input.count ? .more : .starved
        case Z_NEED_DICT: return .damaged("it needs a dictionary")
        default: return .damaged(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib gives \(code)")
        }
    }
}
