import Dispatch
import Synchronization

/// A bounded number of connections to PostgreSQL, opened when needed and opened anew when lost.
final class PostgresPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        /// `nil` until it has been tried.
        var isReachable: Bool?
        var reason = ""
    }

    private let url: String
    private let state = Mutex(State())
    private let free: DispatchSemaphore

    /// How long a user waits for a connection.
    private static let patience = DispatchTimeInterval.seconds(5)

    /// Makes a pool; nothing is opened yet.
    init(url: String, most: Int) {
        self.url = url
        free = DispatchSemaphore(value: most)
    }

    /// Whether the server was there when it was last asked for.
    var isReachable: Bool { state.withLock { $0.isReachable ?? false } }

    /// Finds out whether the server is there.
    func probe() {
        // What it finds is noted where connections are used.
        _ = try? use(isProbe: true) { connection throws(PostgresError) in
            try connection.execute("SELECT 1", patience: 3_000)
        }
    }

    /// Lends a connection.
    ///
    /// - Parameters:
    ///   - begin: Whether a transaction is begun. Only its beginning is tried anew on another connection
    ///     where the first turns out to be lost; without a transaction the body is as well.
    ///   - isProbe: Whether it tries even where the server could not be reached. Others don't: the threads that they
    ///     wait on are to compute meanwhile.
    ///   - body: What it is lent for.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws, or why there is no connection.
    func use<Result>(
        begin: Bool = false,
        isProbe: Bool = false,
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        guard free.wait(timeout: .now() + PostgresPool.patience) == .success else {
            throw PostgresError(code: "53300", message: "no connection became free")
        }
        defer { free.signal() }
        while true {
            let (connection, isOld) = try take(isProbe: isProbe)
            do throws(PostgresError) {
                if begin { try connection.execute("BEGIN") }
            } catch {
                if error.isConnectionLost, !error.isSilence, isOld { continue }
                throw give(connection, error)
            }
            do throws(PostgresError) {
                let result = try body(connection)
                giveBack(connection)
                return result
            } catch {
                if error.isConnectionLost, !error.isSilence, isOld, !begin { continue }
                throw give(connection, error)
            }
        }
    }

    private func take(isProbe: Bool) throws(PostgresError) -> (PostgresConnection, isOld: Bool) {
        let (idle, refusal) = state.withLock { state -> (PostgresConnection?, String?) in
            if let connection = state.idle.popLast() { return (connection, nil) }
            return (nil, !isProbe && state.isReachable == false ? state.reason : nil)
        }
        if let idle { return (idle, true) }
        if let refusal { throw PostgresError(code: "", message: refusal) }
        do throws(PostgresError) {
            return (try PostgresConnection(url), false)
        } catch {
            noteLoss(error)
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        state.withLock { state in
            state.isReachable = true
            if connection.isUsable { state.idle.append(connection) }
        }
    }

    /// Takes back a connection that something failed on; gives the error back.
    private func give(_ connection: PostgresConnection, _ error: PostgresError) -> PostgresError {
        if error.isConnectionLost { noteLoss(error) } else { giveBack(connection) }
        return error
    }

    private func noteLoss(_ error: PostgresError) {
        state.withLock { state in
            // The others were opened to the same server.
            state.idle.removeAll()
            state.isReachable = false
            state.reason = error.message
        }
    }
}
