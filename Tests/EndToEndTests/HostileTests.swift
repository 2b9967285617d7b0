import Foundation
import GradientService
import Testing

@Suite struct HostileTests {
    @Test func `among hostile clients a good one gets the very bytes that are computed alone`() async throws {
        let server = try RunningServer(["--header-timeout", "1", "--body-timeout", "1", "--write-timeout", "1"])
        let bodies = try ["lecture", "rnn", "digits", "transformer"].map { name in
            try Resources.ofThisProgram.read("Examples/\(name).json")
        }
        // Computed here, where there is no server at all.
        let expected = try bodies.map { try GradientsOperation.run(on: $0, limits: RequestLimits()) }

        let crowd = HostileCrowd(at: server.port, body: bodies[0])
        let end = ContinuousClock.now + .seconds(4)
        var rounds = 0
        while ContinuousClock.now < end || rounds < 3 {
            for (body, expected) in zip(bodies, expected) {
                let answer = try await server.post("/v1/gradients", body)
                #expect(answer.status == 200 && answer.body == expected)
            }
            rounds += 1
        }
        let attempts = try await crowd.callOff().get()
        for kind in HostileCrowd.Kind.allCases { #expect(attempts[kind, default: 0] > 0, "\(kind) has not come") }
        let after = try await server.post("/v1/gradients", bodies[0])
        #expect(after.body == expected[0])
    }
}
