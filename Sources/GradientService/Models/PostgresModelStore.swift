import Dispatch
import Synchronization

/// Models in PostgreSQL, the same for all replicas of the service.
package final class PostgresModelStore: ModelStore {
    private let pool: PostgresPool
    private let mostBytes: Int
    private let isFull = Atomic<Bool>(false)
    private let hasTable = Atomic<Bool>(false)
    private let monitor: Mutex<any DispatchSourceTimer>

    package var condition: StoreCondition {
        if !pool.isReachable { return .unreachable }
        return isFull.load(ordering: .relaxed) ? .full : .usable
    }

    /// Makes a store; the server need not be there yet.
    ///
    /// - Parameters:
    ///   - url: `postgres://…`, as libpq has it.
    ///   - mostBytes: How much room the models may take together; past it the store is full.
    ///   - connections: How many connections it opens at most.
    package init(url: String, mostBytes: Int, connections: Int = 8) {
        let pool = PostgresPool(url: url, most: connections)
        self.pool = pool
        self.mostBytes = mostBytes
        // Readiness must not wait for a server that may hang, so it is looked after here; and where it can't be reached
        // it is here alone that it is tried again.
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "nabla.models.monitor"))
        timer.schedule(deadline: .now(), repeating: .seconds(1), leeway: .milliseconds(100))
        timer.setEventHandler { @Sendable in pool.probe() }
        timer.activate()
        monitor = Mutex(timer)
    }

    deinit { monitor.withLock { $0.cancel() } }

    package func etag(of name: String) throws(StoreError) -> String? {
        let sql = "SELECT etag FROM nabla_models WHERE name = $1"
        guard let row = try read(sql, [.text(name)]).first else { return nil }
        return try Self.text(row, 0)
    }

    package func model(named name: String) throws(StoreError) -> StoredModel? {
        let sql = "SELECT \(Self.recordColumns), document, weights FROM nabla_models WHERE name = $1"
        guard let row = try read(sql, [.text(name)]).first else { return nil }
        return StoredModel(
            record: try Self.record(row),
            document: try Self.bytes(row, 5),
            weights: try Self.bytes(row, 6)
        )
    }

    package func records() throws(StoreError) -> [ModelRecord] {
        var records: [ModelRecord] = []
        // By bytes, as SQLite does, whatever the collation.
        let sql = "SELECT \(Self.recordColumns) FROM nabla_models ORDER BY name COLLATE \"C\""
        for row in try read(sql, []) { records.append(try Self.record(row)) }
        return records
    }

    package func put(_ model: StoredModel, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
        let record = model.record
        let size = record.summary.count + model.document.count + model.weights.count
        let outcome = try write(record.name) { connection, present throws(PostgresError) -> WriteOutcome in
            guard precondition.holds(for: present) else { return .refused }
            let rows = try connection.execute(
                "SELECT coalesce(sum(size), 0)::int8 FROM nabla_models WHERE name <> $1",
                [.text(record.name)]
            )
            let others = rows.first?[0].map(Self.integer) ?? 0
            guard others + size <= self.mostBytes else {
                throw PostgresError(code: "53100", message: "the models would take more than \(self.mostBytes) bytes")
            }
            try connection.execute(
                """
                INSERT INTO nabla_models (name, etag, created, updated, size, summary, document, weights)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, updated = excluded.updated,
                    size = excluded.size, summary = excluded.summary, document = excluded.document,
                    weights = excluded.weights
                """,
                [
                    .text(record.name), .text(record.etag), .integer(record.created), .integer(record.updated),
                    .integer(size), .bytes(record.summary), .bytes(model.document), .bytes(model.weights),
                ]
            )
            return present == nil ? .created : .replaced
        }
        isFull.store(false, ordering: .relaxed)
        return outcome
    }

    package func delete(_ name: String, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
        let outcome = try write(name) { connection, present throws(PostgresError) -> WriteOutcome in
            guard precondition.holds(for: present) else { return .refused }
            if present == nil { return .missing }
            try connection.execute("DELETE FROM nabla_models WHERE name = $1", [.text(name)])
            return .deleted
        }
        if outcome == .deleted { isFull.store(false, ordering: .relaxed) }
        return outcome
    }

    // MARK: Statements

    private static let recordColumns = "name, etag, created, updated, summary"

    /// Runs a statement that changes nothing, anew if the connection turns out to be lost.
    private func read(_ sql: String, _ values: [PostgresValue]) throws(StoreError) -> [[[UInt8]?]] {
        do throws(PostgresError) {
            try prepareTable()
            return try pool.use { connection throws(PostgresError) in try connection.execute(sql, values) }
        } catch {
            throw noted(error)
        }
    }

    /// Runs a transaction that alone may change a model meanwhile, given the tag of the one that is there.
    private func write(
        _ name: String,
        _ body: (PostgresConnection, String?) throws(PostgresError) -> WriteOutcome
    ) throws(StoreError) -> WriteOutcome {
        do throws(PostgresError) {
            try prepareTable()
            return try pool.use(begin: true) { connection throws(PostgresError) in
                do throws(PostgresError) {
                    let outcome = try body(connection, try Self.lock(name, connection))
                    try connection.execute("COMMIT")
                    return outcome
                } catch {
                    // A connection that is lost has rolled back by itself; one that stays in a transaction is dropped.
                    if !error.isConnectionLost { _ = try? connection.execute("ROLLBACK") }
                    throw error
                }
            }
        } catch {
            throw noted(error)
        }
    }

    /// Keeps others from a name until the transaction ends, since a row that is not there yet can't be locked; gives
    /// the tag of the model that is there.
    private static func lock(_ name: String, _ connection: PostgresConnection) throws(PostgresError) -> String? {
        try connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('nabla ' || $1, 0))", [.text(name)])
        let rows = try connection.execute("SELECT etag FROM nabla_models WHERE name = $1", [.text(name)])
        guard let etag = rows.first?[0] else { return nil }
        return String(decoding: etag, as: UTF8.self)
    }

    private func prepareTable() throws(PostgresError) {
        if hasTable.load(ordering: .relaxed) { return }
        try pool.use { connection throws(PostgresError) in
            // Replicas that start together would trip over each other: CREATE TABLE IF NOT EXISTS alone is no lock.
            try connection.execute("SELECT pg_advisory_lock(7079268462)")
            defer { _ = try? connection.execute("SELECT pg_advisory_unlock(7079268462)") }
            try connection.execute(Self.table)
            // Random bits do not shrink.
            try connection.execute("ALTER TABLE nabla_models ALTER COLUMN weights SET STORAGE EXTERNAL")
        }
        hasTable.store(true, ordering: .relaxed)
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS nabla_models (
            name text PRIMARY KEY, etag text NOT NULL, created int8 NOT NULL, updated int8 NOT NULL,
            size int8 NOT NULL, summary bytea NOT NULL, document bytea NOT NULL, weights bytea NOT NULL
        )
        """

    /// What an error means, noted if it is want of room.
    private func noted(_ error: PostgresError) -> StoreError {
        let reason = StoreError(error)
        if case .full = reason { isFull.store(true, ordering: .relaxed) }
        return reason
    }

    // MARK: Columns

    private static func record(_ row: [[UInt8]?]) throws(StoreError) -> ModelRecord {
        ModelRecord(
            name: try text(row, 0),
            etag: try text(row, 1),
            summary: try bytes(row, 4),
            created: integer(try bytes(row, 2)),
            updated: integer(try bytes(row, 3))
        )
    }

    private static func bytes(_ row: [[UInt8]?], _ column: Int) throws(StoreError) -> [UInt8] {
        guard column < row.count, let bytes = row[column] else { throw .failed("a column is missing") }
        return bytes
    }

    private static func text(_ row: [[UInt8]?], _ column: Int) throws(StoreError) -> String {
        String(decoding: try bytes(row, column), as: UTF8.self)
    }

    private static func integer(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}

extension StoreError {
    /// What an error of PostgreSQL means to those who use the store.
    fileprivate init(_ error: PostgresError) {
        let reason = "PostgreSQL \(error.code): \(error.message)"
        switch error.code {
        // No room on the disk or in memory, or a limit of the program.
        case "53100", "53200", "54000": self = .full(reason)
        // No more connections, a statement that took too long, a lock that did, a server that can only be read.
        case "", "53300", "57014", "55P03", "25006": self = .unreachable(reason)
        case let code where ["08", "57", "28", "40"].contains(String(code.prefix(2))): self = .unreachable(reason)
        default: self = .failed(reason)
        }
    }
}
