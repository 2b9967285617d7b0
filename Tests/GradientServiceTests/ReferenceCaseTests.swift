import GradientService
import HTTPServer
import TestSupport
import Testing

@Suite struct ReferenceCaseTests {
    static let covered = ReferenceCase.all.filter(\.isCovered)

    @Test func `no case uses an operation, layer or loss that there is not`() {
        #expect(ReferenceCase.pending.isEmpty)
        #expect(Self.covered.count == ReferenceCase.all.count)
    }

    @Test(arguments: covered)
    func `the service answers as the reference engine does`(_ reference: ReferenceCase) throws {
        let operation = try #require(operations.first { "/v1/\($0.name)" == reference.endpoint })
        let (status, body) = operation.outcome(of: reference.request)
        let tree = try JSONTree(parsing: body)
        let differences = reference.differences(status: status, body: tree)
        #expect(differences.isEmpty, "\(differences.prefix(3))")
    }
}

extension GradientService.Operation {
    /// The status and body that a request is answered with.
    static func outcome(of request: [UInt8], limits: RequestLimits = RequestLimits()) -> (Int, [UInt8]) {
        do throws(Rejection) {
            return (200, try run(on: request, limits: limits))
        } catch {
            return (error.status.code, error.json(instance: "test"))
        }
    }
}

extension ReferenceCase: CustomTestStringConvertible {
    package var testDescription: String { name }
}
