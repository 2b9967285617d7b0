import CZlib

/// Puts gzip or deflate on a response's content.
package enum Deflation {
    /// The content in the coding, or nil where memory is short.
    ///
    /// Equal contents give equal bytes: gzip's field of time is left empty (RFC 1952 §2.3.1).
    package static func encode(_ content: [UInt8], _ coding: ContentCoding) -> [UInt8]? {
        guard let length = UInt32(exactly: content.count) else { return nil }
        // A window no larger than the content: that of a small answer costs 20 KiB and not 256.
        var window: Int32 = 15
        while window > 9, content.count <= 1 << (window - 1) { window -= 1 }
        // The stream's own state points back to it, so it has one place in memory.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        // Level 1: on numbers, the others take twice to ten times as long for a tenth less.
        let code = unsafe deflateInit2_(
            stream,
            1,
            Z_DEFLATED,
            coding == .gzip ? window + 16 : window,
            window - 7,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard code == Z_OK else { return nil }
        defer { unsafe deflateEnd(stream) }
        let bound = unsafe Int(deflateBound(stream, uLong(content.count)))
        var isWhole = false
        let encoded = [UInt8](capacity: bound) { span in
            unsafe content.withUnsafeBufferPointer { bytes in
                // zlib reads through a pointer that C does not call constant, and never writes there.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                unsafe stream.pointee.avail_in = length
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(clamping: buffer.count)
                    let room = unsafe stream.pointee.avail_out
                    isWhole = unsafe deflate(stream, Z_FINISH) == Z_STREAM_END
                    count = unsafe Int(room - stream.pointee.avail_out)
                }
            }
        }
        return isWhole ? encoded : nil
    }
}
