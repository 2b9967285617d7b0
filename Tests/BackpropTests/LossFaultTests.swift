import Backprop
import Testing

@Suite struct LossFaultTests {
    @Test(arguments: LossFaultRow.all)
    func `a loss's fault is found at its place`(_ row: LossFaultRow) throws {
        let faults = try row.faults()
        #expect(faults.map(\.place) == [row.place])
        #expect(faults.map(\.detail) == [row.detail])
    }
}

/// A loss that does not fit an output of shape (2, 3), and where and how that is said.
struct LossFaultRow: Sendable, CustomTestStringConvertible {
    let type: String
    let fields: [String: FieldValue]
    let place: OperandShapes.Fault.Place
    let detail: String

    init(_ type: String, _ fields: [String: Tensor<Double>], at place: OperandShapes.Fault.Place, _ detail: String) {
        self.type = type
        self.fields = fields.mapValues { .constant($0) }
        self.place = place
        self.detail = detail
    }

    var testDescription: String { detail }

    func faults() throws -> [OperandShapes.Fault] {
        let type = try #require(Catalogue.loss(type))
        var values = FieldValues(defaultsOf: type.fields)
        for (name, value) in fields { values.set(name, value) }
        var faults: [OperandShapes.Fault] = []
        type.init(values).check(output: [2, 3], faults: &faults)
        return faults
    }

    static let all =
        [
            "mse", "l1", "smooth_l1", "huber", "bce", "bce_with_logits", "kl_div", "poisson_nll", "hinge_embedding",
        ].map {
            LossFaultRow(
                $0,
                ["target": ones(3)],
                at: .field("target"),
                "target must have the output's shape (2, 3); it is (3)"
            )
        } + [
            LossFaultRow(
                "bce",
                ["target": Tensor(shape: [2, 3], elements: [0, 1, 0.5, 1.5, 2, .nan])],
                at: .element("target", 3),
                "a target of bce must lie in 0...1; it is 1.5"
            ),
            LossFaultRow(
                "bce",
                ["target": ones(2, 3), "weight": ones(2)],
                at: .field("weight"),
                "weight must broadcast to the output's shape (2, 3); it is (2)"
            ),
            LossFaultRow(
                "bce_with_logits",
                ["target": ones(2, 3), "pos_weight": ones(4, 2, 3)],
                at: .field("pos_weight"),
                "pos_weight must broadcast to the output's shape (2, 3); it is (4, 2, 3)"
            ),
            LossFaultRow(
                "hinge_embedding",
                ["target": Tensor(shape: [2, 3], elements: [1, -1, 0, 1, 1, 1])],
                at: .element("target", 2),
                "a target of hinge_embedding must be 1 or -1; it is 0.0"
            ),
            LossFaultRow(
                "gaussian_nll",
                ["target": ones(2, 3), "var": ones(3)],
                at: .field("var"),
                "var must be (2, 3), (2, 1) or (2); it is (3)"
            ),
            LossFaultRow(
                "gaussian_nll",
                ["target": ones(2, 3), "var": Tensor(shape: [2], elements: [0, -1])],
                at: .element("var", 1),
                "a variance must not be negative; it is -1.0"
            ),
            LossFaultRow(
                "nll",
                ["target": Tensor(shape: [2], elements: [-100, 3])],
                at: .element("target", 1),
                "a class label must lie in 0...2; it is 3.0"
            ),
            LossFaultRow(
                "nll",
                ["target": ones(2, 3)],
                at: .field("target"),
                "the output is (2, 3), so target must be (2); it is (2, 3)"
            ),
            LossFaultRow(
                "nll",
                ["target": ones(2), "weight": ones(2)],
                at: .field("weight"),
                "weight must have one number for each of the 3 classes; it is (2)"
            ),
        ]

    private static func ones(_ dimensions: Int...) -> Tensor<Double> {
        Tensor(shape: Shape(dimensions), repeating: 1)
    }
}
