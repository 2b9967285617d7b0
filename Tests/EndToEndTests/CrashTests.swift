import Foundation
import GradientService
import Testing
import TestSupport

/// A server that is killed in the midst of writes: what it has acknowledged is there, and nothing is half there.
@Suite(.serialized) struct CrashTests {
    /// What one writer knows of a name that only it writes to.
    private struct Known: Sendable {
        /// The number in force, or `nil` where there is no model.
        var acknowledged: Int?
        /// What may have happened instead: a write that was sent and never answered.
        var pending: [Int?] = []
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["file", "postgres"])
    func `every acknowledged write outlives kill -9`(_ kind: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = kind == "postgres" ? try PostgresServer() : nil
        let options = ["--models", database?.url ?? folder.path + "/models.db"]
        var known = [[Known]](repeating: [Known](repeating: Known(), count: 3), count: 8)
        var done = 0
        var rounds = 0
        while done < 1_000 {
            let server = try RunningServer(options)
            try await check(known, on: server)
            let target = min(1_000, done + 170)
            let counter = Counter(done)
            let (before, round) = (known, rounds)
            known = try await withThrowingTaskGroup(of: (Int, [Known]).self) { group in
                for (writer, own) in before.enumerated() {
                    group.addTask { (writer, await write(own, writer, round, to: server, counter)) }
                }
                while await counter.value < target { try? await Task.sleep(for: .milliseconds(2)) }
                server.send(SIGKILL)
                #expect(server.status() == 128 + SIGKILL)
                return try await group.reduce(into: before) { $0[$1.0] = $1.1 }
            }
            done = await counter.value
            rounds += 1
        }
        #expect(rounds >= 5)
        try await check(known, on: RunningServer(options))
    }

    private actor Counter {
        private(set) var value: Int
        init(_ value: Int) { self.value = value }
        func add() { value += 1 }
    }

    /// Writes, replaces and deletes at random until the server is gone; gives what is known then.
    private func write(
        _ own: [Known],
        _ writer: Int,
        _ round: Int,
        to server: RunningServer,
        _ counter: Counter
    ) async -> [Known] {
        var known = own
        var version = round * 100_000 + writer * 10_000
        while true {
            let index = Int.random(in: 0..<known.count)
            let path = "/v1/models/writer\(writer)-\(index)"
            version += 1
            let isDelete = known[index].acknowledged != nil && Int.random(in: 0..<5) == 0
            let outcome: Int? = isDelete ? nil : version
            known[index].pending.append(outcome)
            let answer =
                try? await isDelete
                ? server.request("DELETE", path) : server.request("PUT", path, Self.model(version))
            guard let answer, (200..<300).contains(answer.status) else { return known }
            known[index] = Known(acknowledged: outcome)
            await counter.add()
        }
    }

    /// Looks at every model: it is what was acknowledged or may have come after, and whole.
    private func check(_ known: [[Known]], on server: RunningServer) async throws {
        for (writer, own) in known.enumerated() {
            for (index, entry) in own.enumerated() {
                let answer = try await server.get("/v1/models/writer\(writer)-\(index)")
                var found: Int?
                if answer.status == 200 {
                    let document = try JSONTree(parsing: answer.body)
                    let rows = document["network"]?["parameters"]?["w"]?.elements.flatMap(\.elements) ?? []
                    let numbers = Set(
                        rows.map { row -> Double in
                            guard case .number(let number) = row else { return -1 }
                            return number
                        }
                    )
                    #expect(rows.count == 1_024 && numbers.count == 1, "a model is half written")
                    found = numbers.first.map { Int($0) }
                } else {
                    #expect(answer.status == 404)
                }
                #expect(
                    ([entry.acknowledged] + entry.pending).contains(found),
                    "\(entry), found \(String(describing: found))"
                )
            }
        }
    }

    /// A model whose weights are all one number.
    private static func model(_ version: Int) -> [UInt8] {
        let row = "[" + [String](repeating: String(version), count: 32).joined(separator: ",") + "]"
        let matrix = "[" + [String](repeating: row, count: 32).joined(separator: ",") + "]"
        return Array(
            """
            {"network":{"parameters":{"w":\(matrix)},"layers":[{"type":"linear","inputs":["x"],\
            "weight":{"parameter":"w"}}]},"inputs":{"x":{"shape":[32]}}}
            """.utf8
        )
    }
}
