import COpenSSL
import Glibc

/// A client's side of TLS on a blocking socket, for a probe.
///
/// It takes any certificate: what it sends is no secret, and a server that it asks by 127.0.0.1 has a certificate for
/// another name.
@safe final class TLSProbe {
    private let context: OpaquePointer
    private let session: OpaquePointer

    /// Shakes hands.
    init(_ descriptor: Int32) throws(ProbeError) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw ProbeError(reason: "OpenSSL has no memory")
        }
        guard let session = unsafe SSL_new(context) else {
            unsafe SSL_CTX_free(context)
            throw ProbeError(reason: "OpenSSL has no memory")
        }
        unsafe (self.context, self.session) = (context, session)
        // OpenSSL writes without MSG_NOSIGNAL.
        _ = signal(SIGPIPE, SIG_IGN)
        ERR_clear_error()
        guard unsafe SSL_set_fd(session, descriptor) == 1, unsafe SSL_connect(session) == 1 else {
            throw ProbeError(reason: "no TLS (\(TLSContext.firstError()))")
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    func send(_ bytes: [UInt8]) throws(ProbeError) {
        let code = unsafe SSL_write(session, bytes, Int32(clamping: bytes.count))
        guard code > 0 else { throw ProbeError(reason: "TLS takes no request (\(TLSContext.firstError()))") }
    }

    /// Reads some bytes; none at the end.
    func receive(into buffer: inout [UInt8]) throws(ProbeError) -> Int {
        ERR_clear_error()
        let code = unsafe SSL_read(session, &buffer, Int32(clamping: buffer.count))
        if code > 0 { return Int(code) }
        if unsafe SSL_get_error(session, code) == SSL_ERROR_ZERO_RETURN { return 0 }
        throw ProbeError(reason: "no answer in time, or TLS ended (\(TLSContext.firstError()))")
    }
}
