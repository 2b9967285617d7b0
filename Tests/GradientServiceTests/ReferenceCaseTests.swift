import Backprop
import GradientService
import HTTPServer
import Testing

@Suite struct ReferenceCaseTests {
    /// The cases whose operation, layers and losses there are.
    static let covered = ReferenceCase.all.filter { reference in
        operations.contains { "/v1/\($0.name)" == reference.endpoint } && reference.types.isDisjoint(with: pending)
    }

    /// Types that cases use rightly and that there are not yet.
    static let pending = ReferenceCase.all.filter(\.isGood).reduce(into: Set<String>()) { $0.formUnion($1.types) }
        .subtracting(Catalogue.layerTypes).subtracting(Catalogue.lossTypes)

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
