import COpenSSL
import Glibc

/// The bytes of the moment of one queue's TLS sessions: what was read and is to be decrypted, and what is to be sent.
///
/// A session that had buffers of its own would hold them for as long as its connection; here one read and one send do
/// for many records, and OpenSSL never touches a socket.
@safe final class TLSWire {
    /// What is left of the read that is being decrypted; empty at other times.
    private var incoming = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    /// Records to be sent, all of one connection: it is emptied before another one has its turn.
    var outgoing: [UInt8] = []
    /// What the records of a read held.
    var content: [UInt8] = []

    /// Lends the bytes of a read to what happens in `use`.
    func withIncoming<Result>(_ bytes: borrowing Span<UInt8>, _ use: () -> Result) -> Result {
        unsafe bytes.withUnsafeBytes {
            unsafe incoming = $0
            defer { unsafe incoming = UnsafeRawBufferPointer(start: nil, count: 0) }
            return use()
        }
    }

    /// Whether all bytes of the read have been taken.
    var isEmpty: Bool { unsafe incoming.isEmpty }

    // MARK: - OpenSSL's side

    /// Functions that OpenSSL reads and writes by.
    static func makeMethod() -> OpaquePointer? {
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "queue") else { return nil }
        unsafe BIO_meth_set_read(method) { pipe, buffer, count in
            guard let wire = unsafe TLSWire.of(pipe), let buffer = unsafe buffer else { return -1 }
            let taken = unsafe wire.take(UnsafeMutableRawBufferPointer(start: buffer, count: Int(max(0, count))))
            // Nothing more for now, which is not the end.
            if taken == 0 { unsafe BIO_set_flags(pipe, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
            return taken == 0 ? -1 : Int32(truncatingIfNeeded: taken)
        }
        unsafe BIO_meth_set_write(method) { pipe, bytes, count in
            guard let wire = unsafe TLSWire.of(pipe), let bytes = unsafe bytes, count > 0 else { return 0 }
            unsafe wire.outgoing.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return count
        }
        // Of the many commands only a flush must succeed.
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return unsafe method
    }

    /// One session's end of the wire; it does not keep the wire, which the session does.
    func makePipe(_ method: OpaquePointer) -> OpaquePointer? {
        guard let pipe = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(pipe, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(pipe, 1)
        return unsafe pipe
    }

    private static func of(_ pipe: OpaquePointer?) -> TLSWire? {
        unsafe BIO_clear_flags(pipe, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        return unsafe BIO_get_data(pipe).map { unsafe Unmanaged<TLSWire>.fromOpaque($0).takeUnretainedValue() }
    }

    private func take(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = unsafe UnsafeRawBufferPointer(rebasing: incoming.prefix(buffer.count))
        unsafe buffer.copyMemory(from: part)
        unsafe incoming = UnsafeRawBufferPointer(rebasing: incoming.dropFirst(part.count))
        return part.count
    }
}
