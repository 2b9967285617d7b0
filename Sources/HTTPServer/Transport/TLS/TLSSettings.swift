/// The files that TLS needs, all PEM.
package struct TLSSettings: Sendable {
    /// The server's certificate, and after it those that lead to its root.
    package var certificate: String
    /// The certificate's private key, without a passphrase.
    package var key: String
    /// The certificates that sign clients', or nil where clients need none.
    package var clientAuthority: String?
    /// Whether a client without a certificate is turned away; one with a wrong certificate always is.
    package var requiresClientCertificate = true

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// A file that TLS needs and cannot use.
package struct TLSFault: Error, CustomStringConvertible {
    package enum File: Sendable { case certificate, key, clientAuthority }

    package let file: File
    package let path: String
    package let reason: String

    package var description: String { "\(path): \(reason)" }
}
