import Dispatch
import Foundation
import GRDB
import Synchronization

/// Models in an SQLite file, or in memory where no file is named.
package final class SQLiteModelStore: ModelStore {
    private let database: any DatabaseWriter
    private let isFull = Atomic<Bool>(false)
    private let disk = Disk()
    private let monitor: Mutex<any DispatchSourceTimer>

    /// Whether the file can be read, as last seen.
    private final class Disk: Sendable {
        let isLost = Atomic<Bool>(false)
    }

    package var condition: StoreCondition {
        if disk.isLost.load(ordering: .relaxed) { return .unreachable }
        return isFull.load(ordering: .relaxed) ? .full : .usable
    }

    /// Opens a store, making it if need be.
    ///
    /// - Parameters:
    ///   - path: The file; `nil` for memory.
    ///   - mostBytes: How much room the models may take together; past it the store is full.
    /// - Throws: Why it can't be opened.
    package init(path: String?, mostBytes: Int) throws(StoreError) {
        var configuration = Configuration()
        configuration.label = "models"
        // Another process may be writing to the file.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096
            try database.execute(sql: "PRAGMA max_page_count = \(max(mostBytes / pageSize, 16))")
        }
        do {
            if let path {
                let pool = try DatabasePool(path: path, configuration: configuration)
                // With less, a crash of the machine could lose a write that has been answered.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                database = pool
            } else {
                database = try DatabaseQueue(configuration: configuration)
            }
            try database.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS nabla_models (
                            name TEXT PRIMARY KEY NOT NULL, etag TEXT NOT NULL, created INTEGER NOT NULL,
                            updated INTEGER NOT NULL, summary BLOB NOT NULL, document BLOB NOT NULL, weights BLOB NOT NULL
                        ) STRICT
                        """
                )
            }
        } catch {
            throw StoreError(error)
        }
        // Where the service is not ready nobody asks for models any more, so that the disk is back is found out here.
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "nabla.models.monitor"))
        timer.schedule(deadline: .now(), repeating: .seconds(1), leeway: .milliseconds(100))
        timer.setEventHandler { @Sendable [disk, database] in
            guard disk.isLost.load(ordering: .relaxed) else { return }
            let count = try? database.read { try Int.fetchOne($0, sql: "SELECT count(weights) FROM nabla_models") }
            if count != nil { disk.isLost.store(false, ordering: .relaxed) }
        }
        timer.activate()
        monitor = Mutex(timer)
    }

    deinit { monitor.withLock { $0.cancel() } }

    package func etag(of name: String) throws(StoreError) -> String? {
        try read { try SQLiteModelStore.etag(of: name, in: $0) }
    }

    package func model(named name: String) throws(StoreError) -> StoredModel? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM nabla_models WHERE name = ?", arguments: [name]).map { row in
                StoredModel(
                    record: SQLiteModelStore.record(row),
                    document: [UInt8](row["document"] as Data),
                    weights: [UInt8](row["weights"] as Data)
                )
            }
        }
    }

    package func records() throws(StoreError) -> [ModelRecord] {
        try read { database in
            let sql = "SELECT name, etag, created, updated, summary FROM nabla_models ORDER BY name"
            return try Row.fetchAll(database, sql: sql).map(SQLiteModelStore.record)
        }
    }

    package func put(_ model: StoredModel, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
        let record = model.record
        let outcome: WriteOutcome = try write { database in
            let present = try SQLiteModelStore.etag(of: record.name, in: database)
            guard precondition.holds(for: present) else { return .refused }
            try database.execute(
                sql: """
                    INSERT INTO nabla_models (name, etag, created, updated, summary, document, weights)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, updated = excluded.updated,
                        summary = excluded.summary, document = excluded.document, weights = excluded.weights
                    """,
                arguments: [
                    record.name, record.etag, record.created, record.updated,
                    Data(record.summary), Data(model.document), Data(model.weights),
                ]
            )
            return present == nil ? .created : .replaced
        }
        isFull.store(false, ordering: .relaxed)
        return outcome
    }

    package func delete(_ name: String, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
        let outcome: WriteOutcome = try write { database in
            let present = try SQLiteModelStore.etag(of: name, in: database)
            guard precondition.holds(for: present) else { return .refused }
            if present == nil { return .missing }
            try database.execute(sql: "DELETE FROM nabla_models WHERE name = ?", arguments: [name])
            return .deleted
        }
        if outcome == .deleted { isFull.store(false, ordering: .relaxed) }
        return outcome
    }

    private static func etag(of name: String, in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT etag FROM nabla_models WHERE name = ?", arguments: [name])
    }

    private static func record(_ row: Row) -> ModelRecord {
        ModelRecord(
            name: row["name"],
            etag: row["etag"],
            summary: [UInt8](row["summary"] as Data),
            created: row["created"],
            updated: row["updated"]
        )
    }

    private func read<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            let result = try database.read(body)
            disk.isLost.store(false, ordering: .relaxed)
            return result
        } catch {
            throw noted(error)
        }
    }

    private func write<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        do { return try database.write(body) } catch { throw noted(error) }
    }

    /// What an error means, noted if it is that there is no room or no disk.
    private func noted(_ error: any Error) -> StoreError {
        // What can't be read of a file may look to SQLite as if it were damaged.
        let lost: [ResultCode] = [.SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_CORRUPT, .SQLITE_NOTADB]
        if let error = error as? DatabaseError, lost.contains(error.resultCode) {
            disk.isLost.store(true, ordering: .relaxed)
        }
        let reason = StoreError(error)
        if case .full = reason { isFull.store(true, ordering: .relaxed) }
        return reason
    }
}

extension StoreError {
    /// What an error of SQLite means to those who use the store.
    fileprivate init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = .failed("\(error)")
            return
        }
        // Without the statement's arguments, which may be weights.
        let reason = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_TOOBIG, .SQLITE_NOMEM: self = .full(reason)
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM,
            .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .unreachable(reason)
        default: self = .failed(reason)
        }
    }
}
