import COpenSSL
import Glibc

/// What the TLS sessions of a server begin with: the certificate, the key, and what is allowed.
///
/// OpenSSL counts the references of a context with atomics, so it may be used from every queue, and lives as long as
/// the last session that began with it.
@safe final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer
    private let method: OpaquePointer

    /// Reads the files.
    init(_ settings: TLSSettings) throws(TLSFault) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()), let method = unsafe TLSWire.makeMethod() else {
            throw TLSFault(file: .certificate, path: settings.certificate, reason: "OpenSSL has no memory")
        }
        unsafe (self.context, self.method) = (context, method)
        unsafe TLSContext.restrict(context)
        try TLSContext.read(settings.certificate, .certificate, "no certificate in PEM") {
            unsafe SSL_CTX_use_certificate_chain_file(context, $0) == 1
        }
        try TLSContext.read(settings.key, .key, "not the certificate's key in PEM without a passphrase") {
            unsafe SSL_CTX_use_PrivateKey_file(context, $0, SSL_FILETYPE_PEM) == 1
                && SSL_CTX_check_private_key(context) == 1
        }
        guard let authority = settings.clientAuthority else { return }
        try TLSContext.read(authority, .clientAuthority, "no certificates in PEM") { path in
            guard unsafe SSL_CTX_load_verify_file(context, path) == 1,
                let names = unsafe SSL_load_client_CA_file(path)
            else { return false }
            unsafe SSL_CTX_set_client_CA_list(context, names)
            return true
        }
        let required = settings.requiresClientCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nil)
    }

    deinit {
        unsafe SSL_CTX_free(context)
        unsafe BIO_meth_free(method)
    }

    /// A session of a new connection, or nil where memory is short.
    func makeSession(_ wire: TLSWire) -> TLSSession? {
        guard let session = unsafe SSL_new(context) else { return nil }
        guard let pipe = unsafe wire.makePipe(method) else {
            unsafe SSL_free(session)
            return nil
        }
        return unsafe TLSSession(session, pipe, self, wire)
    }

    private static func restrict(_ context: OpaquePointer) {
        // RFC 8996: nothing before 1.2; RFC 9325 §4.1: forward secrecy and authenticated encryption.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        unsafe SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")
        unsafe SSL_CTX_set_options(context, nabla_ssl_options())
        // A session at rest gives its 32 KiB of buffers back.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
        // A record's header and content are taken in one go; what has been read lies in memory already.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        // Sessions are resumed by tickets, which the clients keep.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        unsafe SSL_CTX_set_session_id_context(context, Array("nabla".utf8), 5)
        // A key with a passphrase is a fault of the settings; nobody is asked at a terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, length, list, count, _ in unsafe selectProtocol(chosen, length, list, count) },
            nil
        )
    }

    /// Has OpenSSL use a file; where it does not, says what the file lacks, and OpenSSL's reason.
    private static func read(
        _ path: String,
        _ file: TLSFault.File,
        _ lack: String,
        _ use: (String) -> Bool
    ) throws(TLSFault) {
        guard unsafe access(path, R_OK) == 0 else {
            throw TLSFault(file: file, path: path, reason: SystemError(code: errno).description)
        }
        ERR_clear_error()
        if !use(path) { throw TLSFault(file: file, path: path, reason: "\(lack) (\(firstError()))") }
    }

    /// Forgets what went wrong before, which would pass for the cause of what goes wrong next.
    ///
    /// Mostly there is nothing to forget, which is seen sooner than all of the thread's places for errors are cleared.
    static func clearErrors() { if ERR_peek_error() != 0 { ERR_clear_error() } }

    /// The earliest of the thread's errors, which is the cause of the others.
    static func firstError() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        return unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "error \(code) of OpenSSL"
    }
}

/// RFC 7301 §3.2: http/1.1 if the client has it among its protocols, else the handshake fails.
private func selectProtocol(
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ length: UInt32
) -> Int32 {
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(length))
    var start = 0
    // Each name follows its length.
    while start < list.count {
        let end = unsafe start + 1 + Int(list[start])
        guard end <= list.count else { break }
        let name = unsafe list[start + 1..<end]
        if unsafe name.elementsEqual("http/1.1".utf8) {
            unsafe chosen?.pointee = UnsafeBufferPointer(rebasing: name).baseAddress
            unsafe chosenLength?.pointee = UInt8(truncatingIfNeeded: name.count)
            return SSL_TLSEXT_ERR_OK
        }
        start = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
