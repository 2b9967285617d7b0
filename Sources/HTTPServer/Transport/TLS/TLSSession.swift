import COpenSSL

/// One connection's TLS: records in, content out, and the other way round; it knows no socket.
@safe final class TLSSession {
    /// What came of a read.
    enum Outcome: Equatable {
        case more
        /// The client has said that it sends nothing more (`close_notify`).
        case ended
        /// The client speaks HTTP without TLS.
        case plainHTTP
        /// The session is over; an alert may be among what is to be sent.
        case failed(String)
    }

    private let session: OpaquePointer
    private let context: TLSContext
    private let wire: TLSWire
    private var isFinished = false

    /// Takes the session and its end of the wire over.
    init(_ session: OpaquePointer, _ pipe: OpaquePointer, _ context: TLSContext, _ wire: TLSWire) {
        unsafe self.session = session
        self.context = context
        self.wire = wire
        unsafe SSL_set_bio(session, pipe, pipe)
        unsafe SSL_set_accept_state(session)
    }

    deinit { unsafe SSL_free(session) }

    /// Whether the handshake is over, so that content can be sent.
    var isEstablished: Bool { unsafe SSL_is_init_finished(session) == 1 }

    /// Takes records, or parts of them, and puts what they hold into the wire's content.
    func open(_ records: borrowing Span<UInt8>) -> Outcome {
        wire.withIncoming(records) {
            while true {
                TLSContext.clearErrors()
                var code: Int32 = 0
                // A record holds 16 KiB at most (RFC 8446 §5.1).
                wire.content.append(addingCapacity: 16 << 10) { span in
                    unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                        code = unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
                        count = Int(max(0, code))
                    }
                }
                if code > 0 {
                    // All that was read has been opened; to try again would only find that out.
                    if wire.isEmpty, unsafe SSL_has_pending(session) == 0 { return .more }
                    continue
                }
                switch unsafe SSL_get_error(session, code) {
                case SSL_ERROR_WANT_READ: return .more
                case SSL_ERROR_ZERO_RETURN: return .ended
                default: return failure()
                }
            }
        }
    }

    private func failure() -> Outcome {
        isFinished = true
        let reason = ERR_GET_REASON(ERR_peek_error())
        if reason == SSL_R_HTTP_REQUEST { return .plainHTTP }
        return .failed(TLSContext.firstError())
    }

    /// Puts a part of a content into records to be sent; gives false where the session is over.
    func seal(_ content: [UInt8], _ range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        TLSContext.clearErrors()
        return unsafe content.withUnsafeBytes { bytes in
            var written = 0
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            return unsafe SSL_write_ex(session, part.baseAddress, part.count, &written) == 1 && written == part.count
        }
    }

    /// The records that are to be sent, which the wire gives up.
    func takeRecords() -> [UInt8] {
        defer { wire.outgoing = [] }
        return wire.outgoing
    }

    /// Says, once, that nothing more will be sent (RFC 8446 §6.1).
    func finish() {
        guard !isFinished, isEstablished else { return }
        isFinished = true
        TLSContext.clearErrors()
        unsafe SSL_shutdown(session)
    }
}
