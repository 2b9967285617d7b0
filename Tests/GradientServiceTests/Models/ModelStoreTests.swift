import Dispatch
import Foundation
import GradientService
import Synchronization
import TestSupport
import Testing

/// Every store keeps the same promises.
@Suite(.serialized) struct ModelStoreTests {
    enum Kind: String, CaseIterable, Sendable { case memory, file, postgres }

    /// A store, and what must outlive it.
    struct Opened {
        let store: any ModelStore
        let server: PostgresServer?
        let folder: URL

        init(_ kind: Kind, mostBytes: Int = 1 << 26) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            server = kind == .postgres ? try PostgresServer() : nil
            switch kind {
            case .memory: store = try ModelLocation(nil).open(mostBytes: mostBytes)
            case .file: store = try ModelLocation(folder.path + "/models.db").open(mostBytes: mostBytes)
            case .postgres: store = try ModelLocation(server?.url).open(mostBytes: mostBytes)
            }
        }
    }

    private func model(_ name: String, _ byte: UInt8, size: Int = 1000, created: Int = 1) -> StoredModel {
        StoredModel(
            record: ModelRecord(
                name: name,
                etag: "tag-\(byte)",
                summary: Array("{}".utf8),
                created: created,
                updated: created
            ),
            document: [byte, 0, 255],
            weights: [UInt8](repeating: byte, count: size)
        )
    }

    @Test(arguments: Kind.allCases)
    func `what is put is there, whole, until it is replaced or deleted`(_ kind: Kind) throws {
        let opened = try Opened(kind)
        let store = opened.store
        #expect(try store.etag(of: "a") == nil && store.model(named: "a") == nil && store.records().isEmpty)
        #expect(try store.put(model("b", 1), if: Precondition()) == .created)
        #expect(try store.put(model("a", 2), if: Precondition()) == .created)
        #expect(try store.model(named: "a") == model("a", 2))
        #expect(try store.records().map(\.name) == ["a", "b"])
        #expect(try store.put(model("a", 3, size: 70_000, created: 9), if: Precondition()) == .replaced)
        let replaced = try #require(try store.model(named: "a"))
        #expect(replaced.weights == [UInt8](repeating: 3, count: 70_000) && replaced.record.etag == "tag-3")
        #expect(replaced.record.created == 1 && replaced.record.updated == 9)
        #expect(try store.delete("a", if: Precondition()) == .deleted)
        #expect(try store.delete("a", if: Precondition()) == .missing && store.etag(of: "a") == nil)
        #expect(store.condition == .usable)
    }

    @Test(arguments: Kind.allCases)
    func `a precondition that does not hold changes nothing`(_ kind: Kind) throws {
        let opened = try Opened(kind)
        let store = opened.store
        #expect(try store.put(model("a", 1), if: Precondition(match: .any)) == .refused)
        #expect(try store.put(model("a", 1), if: Precondition(noneMatch: .any)) == .created)
        #expect(try store.put(model("a", 2), if: Precondition(noneMatch: .any)) == .refused)
        #expect(try store.put(model("a", 2), if: Precondition(match: .list(["tag-9"]))) == .refused)
        #expect(try store.delete("a", if: Precondition(match: .list(["tag-9"]))) == .refused)
        #expect(try store.etag(of: "a") == "tag-1")
        #expect(try store.put(model("a", 2), if: Precondition(match: .list(["tag-1"]))) == .replaced)
        #expect(try store.delete("a", if: Precondition(match: .list(["tag-2"]))) == .deleted)
    }

    @Test(arguments: Kind.allCases)
    func `of many who make the same name at once one succeeds`(_ kind: Kind) throws {
        let opened = try Opened(kind)
        let store = opened.store
        let made = Atomic<Int>(0)
        let failed = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 32) { index in
            do {
                let outcome = try store.put(model("a", UInt8(index)), if: Precondition(noneMatch: .any))
                if outcome == .created { made.add(1, ordering: .relaxed) }
            } catch {
                failed.add(1, ordering: .relaxed)
            }
        }
        #expect(made.load(ordering: .relaxed) == 1 && failed.load(ordering: .relaxed) == 0)
        let kept = try #require(try store.model(named: "a"))
        #expect(Set(kept.weights).count == 1 && kept.record.etag == "tag-\(kept.weights[0])")
    }

    @Test(arguments: Kind.allCases)
    func `a full store says so, keeps what it has and takes again what fits`(_ kind: Kind) throws {
        let opened = try Opened(kind, mostBytes: 1 << 20)
        let store = opened.store
        #expect(try store.put(model("a", 1, size: 300_000), if: Precondition()) == .created)
        let error = #expect(throws: StoreError.self) {
            try store.put(model("b", 2, size: 2_000_000), if: Precondition())
        }
        guard case .full? = error else { throw Unexpected() }
        #expect(store.condition == .full)
        #expect(try store.model(named: "a")?.weights.count == 300_000 && store.etag(of: "b") == nil)
        #expect(try store.put(model("b", 2, size: 100), if: Precondition()) == .created)
        #expect(store.condition == .usable)
    }

    private struct Unexpected: Error {}

    @Test func `a file keeps its models when it is opened again, each write synced`() throws {
        let opened = try Opened(.file)
        #expect(try opened.store.put(model("a", 7), if: Precondition()) == .created)
        let again = try ModelLocation(opened.folder.path + "/models.db").open(mostBytes: 1 << 20)
        #expect(try again.model(named: "a") == model("a", 7))
    }

    @Test func `a file that can't be read is said, and found again once it can`() throws {
        let opened = try Opened(.file)
        #expect(try opened.store.put(model("a", 7), if: Precondition()) == .created)
        // What was written stands in the log, which is read from the disk by whoever reads first.
        let log = opened.folder.appending(path: "models.db-wal")
        let content = try Data(contentsOf: log)
        func overwrite(_ bytes: Data) throws {
            let file = try FileHandle(forWritingTo: log)
            try file.write(contentsOf: bytes)
            try file.close()
        }
        try overwrite(Data(count: content.count))
        let error = #expect(throws: StoreError.self) { try opened.store.model(named: "a") }
        guard case .unreachable? = error else { throw Unexpected() }
        #expect(opened.store.condition == .unreachable)
        try overwrite(content)
        try wait(for: .usable, of: opened.store)
        #expect(try opened.store.model(named: "a") == model("a", 7))
    }

    @Test func `a server that goes away and comes back is found again`() throws {
        let opened = try Opened(.postgres)
        let (store, server) = (opened.store, try #require(opened.server))
        #expect(try store.put(model("a", 1), if: Precondition()) == .created)
        server.stop()
        let error = #expect(throws: StoreError.self) { try store.etag(of: "a") }
        guard case .unreachable? = error else { throw Unexpected() }
        #expect(store.condition == .unreachable)
        try server.start()
        try wait(for: .usable, of: store)
        #expect(try store.model(named: "a") == model("a", 1))
    }

    @Test func `a server that hangs is given up, and found again once it goes on`() throws {
        let opened = try Opened(.postgres)
        let (store, server) = (opened.store, try #require(opened.server))
        #expect(try store.put(model("a", 1), if: Precondition()) == .created)
        try server.pause()
        try wait(for: .unreachable, of: store)
        // Nobody waits for it any more.
        let start = Date()
        #expect(throws: StoreError.self) { try store.etag(of: "a") }
        #expect(Date().timeIntervalSince(start) < 1)
        try server.resume()
        try wait(for: .usable, of: store)
        #expect(try store.model(named: "a") == model("a", 1))
    }

    private func wait(for condition: StoreCondition, of store: any ModelStore) throws {
        let deadline = Date() + 20
        while store.condition != condition, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        try #require(store.condition == condition)
    }

    @Test func `a folder that is not there is said`() {
        let error = #expect(throws: StoreError.self) {
            try ModelLocation("/nowhere/models.db").open(mostBytes: 1 << 20)
        }
        #expect(error.map { !$0.reason.isEmpty } == true)
    }
}
