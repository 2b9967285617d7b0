import CLinux
import Glibc

/// The calls by which connections and bytes come and go, as the kernel has them: a result, or -1 and `errno`.
///
/// Tests put others in the place of `kernel`, which fail as kernels seldom do.
@safe package struct SystemCalls: Sendable {
    /// Of a socket.
    package var read: @Sendable (_ descriptor: Int32, UnsafeMutableRawPointer?, _ count: Int) -> Int
    package var send: @Sendable (_ descriptor: Int32, UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int
    package var accept: @Sendable (_ listener: Int32) -> Int

    /// The kernel's own.
    package static let kernel = unsafe SystemCalls(
        // A socket's own call, which spares the kernel the way through files.
        read: { unsafe Glibc.recv($0, $1, $2, 0) },
        send: { unsafe Glibc.send($0, $1, $2, $3) },
        accept: { Int(accept4($0, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))) }
    )
}

extension SystemCalls {
    func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> System.Outcome {
        System.attempt { unsafe read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Sends from `offset` on; MSG_NOSIGNAL, since SIGPIPE would end the process.
    func send(_ descriptor: Int32, _ bytes: [UInt8], from offset: Int, more: Bool) -> System.Outcome {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        return unsafe bytes.withUnsafeBytes { buffer in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
            return System.attempt { unsafe send(descriptor, rest.baseAddress, rest.count, flags) }
        }
    }

    func accept(from listener: Int32) -> System.Outcome { System.attempt { accept(listener) } }
}
