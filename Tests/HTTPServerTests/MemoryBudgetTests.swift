import Glibc
import HTTPServer
import Testing

@Suite struct MemoryBudgetTests {
    @Test func `reservations together stay within the limit`() {
        let budget = MemoryBudget(limit: 100)
        let first = budget.reserve(60)
        #expect(first != nil && budget.reserve(41) == nil)
        #expect(budget.reserved == 60, "what was refused is not counted")
        #expect(first?.resize(to: 100) == true && first?.resize(to: 101) == false)
        #expect(first?.bytes == 100 && first?.resize(to: 10) == true)
        let second = budget.reserve(90)
        #expect(second != nil && budget.reserved == 100)
    }

    @Test func `what is let go of is given back`() {
        let budget = MemoryBudget(limit: 100)
        do {
            let reservation = budget.reserve(100)
            #expect(reservation != nil && budget.reserved == 100)
        }
        #expect(budget.reserved == 0)
    }

    @Test func `what has been taken already counts, past the limit as well`() {
        let budget = MemoryBudget(limit: 100)
        let charged = budget.charge(150)
        #expect(budget.reserved == 150 && charged.bytes == 150)
        #expect(budget.reserve(1) == nil)
        #expect(charged.resize(to: 120), "less is never refused")
    }

    @Test func `a body that the budget has no room for is answered with 503, and the room is given back`() async throws
    {
        try await withServer(memory: MemoryBudget(limit: 200_000)) { running in
            let body = [UInt8](repeating: 120, count: 150_000)
            let half = try running.client()
            half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n")
            half.send(Array(body[..<140_000]))
            while running.memory.reserved < 140_000 { usleep(1000) }
            let refused = try #require(try running.client().ask("POST", "/echo", body: body))
            #expect(refused.status == 503 && refused["retry-after"] == "1")
            half.send(Array(body[140_000...]))
            #expect(try half.response()?.body.count == 150_000)
            for _ in 0..<2000 where running.memory.reserved > 0 { usleep(1000) }
            #expect(running.memory.reserved == 0)
            #expect(try running.client().ask("POST", "/echo", body: body)?.status == 200)
        }
    }

    @Test func `a reply that its client does not read is counted until the connection ends`() async throws {
        try await withServer(memory: MemoryBudget(limit: 100_000_000)) { running in
            do {
                let client = try Client(port: running.port, receiveBuffer: 4096)
                client.send("GET /big/50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
                for _ in 0..<5000 where running.memory.reserved < 50_000_000 { usleep(1000) }
                #expect(running.memory.reserved >= 50_000_000)
                client.reset()
            }
            for _ in 0..<5000 where running.memory.reserved > 0 { usleep(1000) }
            #expect(running.memory.reserved == 0)
        }
    }
}
