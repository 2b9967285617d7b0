import CPostgreSQL
import Glibc

/// Why a statement failed, as PostgreSQL says it.
struct PostgresError: Error {
    /// The five letters of SQLSTATE; empty where the connection was lost.
    let code: String
    let message: String
    /// Whether it has said nothing for too long.
    var isSilence = false

    /// Whether the connection is of no more use.
    var isConnectionLost: Bool { code.isEmpty || code.hasPrefix("08") || code.hasPrefix("57P") }
}

/// A value that goes with a statement.
enum PostgresValue {
    case text(String)
    case bytes([UInt8])
    case integer(Int)
}

/// One connection to PostgreSQL, used by one thread at a time.
///
/// The one place that touches libpq's pointers. It is not `Sendable` of itself: ``PostgresPool`` hands it to one user
/// after another.
@safe final class PostgresConnection: @unchecked Sendable {
    private let connection: OpaquePointer

    /// For how long, in milliseconds, nothing may come or go while a statement runs.
    ///
    /// The server's own limits on statements are shorter, so past it the server hangs, or the way to it does.
    static let patience: Int32 = 15_000

    /// Whether libpq can read a connection string or URI.
    static func isReadable(_ url: String) -> Bool {
        guard let options = unsafe PQconninfoParse(url, nil) else { return false }
        unsafe PQconninfoFree(options)
        return true
    }

    /// Connects.
    ///
    /// - Parameter url: A connection string or URI; what it says overrides the settings made here.
    /// - Throws: ``PostgresError``; without the password, if ``isReadable(_:)``.
    init(_ url: String) throws(PostgresError) {
        // A peer that has vanished without a word is found out within some ten seconds.
        let settings = [
            ("application_name", "nabla"), ("connect_timeout", "3"), ("keepalives_idle", "4"),
            ("keepalives_interval", "2"), ("keepalives_count", "3"), ("tcp_user_timeout", "10000"), ("dbname", url),
        ]
        let names = settings.map(\.0)
        let values = settings.map(\.1)
        let opened = unsafe withCStrings(names) { names in
            unsafe withCStrings(values) { values in unsafe PQconnectdbParams(names, values, 1) }
        }
        guard let connection = unsafe opened else { throw PostgresError(code: "53200", message: "no memory") }
        unsafe self.connection = unsafe connection
        guard unsafe PQstatus(connection) == CONNECTION_OK else { throw lost }
        // Words of the server that nobody asked for stay off standard error.
        unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)
        // Blocking calls would wait for ever for a server that hangs.
        guard unsafe PQsetnonblocking(connection, 1) == 0 else { throw lost }
        try execute("SET statement_timeout = '10s'")
        try execute("SET lock_timeout = '5s'")
        try execute("SET idle_in_transaction_session_timeout = '30s'")
        // A write is durable before it is answered, whatever the server's default.
        try execute(
            """
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
            """
        )
    }

    deinit { unsafe PQfinish(connection) }

    /// Whether it can be used again.
    var isUsable: Bool {
        unsafe PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    private var lost: PostgresError {
        PostgresError(code: "", message: unsafe String(cString: PQerrorMessage(connection)))
    }

    /// Runs a statement.
    ///
    /// - Parameters:
    ///   - sql: The statement, its values as `$1` and so on.
    ///   - values: The values.
    ///   - patience: For how long, in milliseconds, nothing may come or go.
    /// - Returns: The rows, each column's bytes as PostgreSQL sends them in binary; `nil` for NULL.
    /// - Throws: ``PostgresError``.
    @discardableResult
    func execute(
        _ sql: String,
        _ values: [PostgresValue] = [],
        patience: Int32 = PostgresConnection.patience
    ) throws(PostgresError) -> [[[UInt8]?]] {
        let bytes = values.map(\.wire)
        let types = values.map(\.type)
        let lengths = bytes.map { Int32($0.count) }
        let formats = [Int32](repeating: 1, count: values.count)
        let isSent = unsafe withBytes(bytes) { pointers in
            unsafe PQsendQueryParams(connection, sql, Int32(values.count), types, pointers, lengths, formats, 1) == 1
        }
        guard isSent else { throw lost }
        guard let result = unsafe try answer(patience) else { throw lost }
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return unsafe PostgresConnection.rows(result)
        default:
            let state = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C")))
            let message = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "M")))
            guard let state = unsafe state, let message = unsafe message else { throw lost }
            throw PostgresError(code: unsafe String(cString: state), message: unsafe String(cString: message))
        }
    }

    /// Waits for what the server answers to the statement that was sent, the last of its results.
    private func answer(_ patience: Int32) throws(PostgresError) -> OpaquePointer? {
        var isSent = false
        while true {
            if !isSent {
                let left = unsafe PQflush(connection)
                guard left >= 0 else { throw lost }
                isSent = left == 0
            }
            if isSent, unsafe PQisBusy(connection) == 0 { break }
            try wait(forRoom: !isSent, patience)
            guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
        }
        var last: OpaquePointer?
        while let result = unsafe PQgetResult(connection) {
            unsafe PQclear(last)
            unsafe last = unsafe result
            while unsafe PQisBusy(connection) == 1 {
                do throws(PostgresError) {
                    try wait(forRoom: false, patience)
                } catch {
                    unsafe PQclear(last)
                    throw error
                }
                // Where that fails the next result says so.
                if unsafe PQconsumeInput(connection) == 0 { break }
            }
        }
        return unsafe last
    }

    /// Waits until something has come or, if that is wanted, can go.
    private func wait(forRoom: Bool, _ patience: Int32) throws(PostgresError) {
        let events = Int16(POLLIN) | (forRoom ? Int16(POLLOUT) : 0)
        var descriptor = pollfd(fd: unsafe PQsocket(connection), events: events, revents: 0)
        while true {
            let count = unsafe poll(&descriptor, 1, patience)
            if count > 0 { return }
            if count < 0, errno == EINTR { continue }
            throw PostgresError(code: "", message: "the server does not answer", isSilence: true)
        }
    }

    private static func rows(_ result: OpaquePointer) -> [[[UInt8]?]] {
        let (rows, columns) = unsafe (PQntuples(result), PQnfields(result))
        return (0..<rows).map { row in
            (0..<columns).map { column in
                if unsafe PQgetisnull(result, row, column) == 1 { return nil }
                let start = unsafe UnsafeRawPointer(PQgetvalue(result, row, column))
                return unsafe [UInt8](
                    UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
                )
            }
        }
    }
}

extension PostgresValue {
    /// The bytes in PostgreSQL's binary form.
    fileprivate var wire: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .integer(let value): (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
        }
    }

    /// The number of the type: text, bytea and int8 of pg_type.
    fileprivate var type: Oid {
        switch self {
        case .text: 25
        case .bytes: 17
        case .integer: 20
        }
    }
}

/// Calls `body` with pointers to C strings and a null pointer behind them.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let text = strings.map { Array($0.utf8CString) }
    return unsafe withPointers(to: text[...], []) { pointers in
        let ended = unsafe pointers + [nil]
        return unsafe ended.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("there is the null at least") }
            return unsafe body(base)
        }
    }
}

/// Calls `body` with pointers to byte arrays.
private func withBytes<Result>(
    _ arrays: [[UInt8]],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let text = arrays.map { unsafe $0.withUnsafeBytes { unsafe [CChar]($0.bindMemory(to: CChar.self)) } }
    return unsafe withPointers(to: text[...], []) { pointers in
        unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}

/// Calls `body` with a pointer to each array's elements; an empty array has one too, since null means NULL.
private func withPointers<Result>(
    to arrays: ArraySlice<[CChar]>,
    _ found: [UnsafePointer<CChar>?],
    _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
    guard let first = arrays.first else { return unsafe body(found) }
    let filled = first.isEmpty ? [0] : first
    return unsafe filled.withUnsafeBufferPointer { buffer in
        unsafe withPointers(to: arrays.dropFirst(), found + [buffer.baseAddress], body)
    }
}
