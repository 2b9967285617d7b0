import Backprop
import Testing

/// A layer that does not fit its inputs, and where and how that is said.
struct FaultRow: Sendable, CustomTestStringConvertible {
    let layer: LayerDefinition
    let inputs: [Shape]
    let place: Fault.Place
    let detail: String

    init(
        _ type: String,
        _ inputs: Shape...,
        fields: [String: FieldValue] = [:],
        weight: Shape? = nil,
        at field: String?,
        _ detail: String
    ) {
        self.init(type, inputs, fields, weight, field.map { .field(layer: 0, $0) } ?? .layerInputs(0), detail)
    }

    init(
        _ type: String,
        _ inputs: [Shape],
        _ fields: [String: FieldValue],
        _ weight: Shape?,
        _ place: Fault.Place,
        _ detail: String
    ) {
        layer = LayerDefinition(
            type,
            fields: fields,
            parameters: weight.map { ["weight": .own($0)] } ?? [:],
            inputs: .named(inputs.indices.map { "x\($0)" })
        )
        self.inputs = inputs
        self.place = place
        self.detail = detail
    }

    var testDescription: String { detail }

    func check() -> NetworkCheck {
        let named = inputs.enumerated().map { NetworkDefinition.NamedShape("x\($0)", $1) }
        return Network.check(NetworkDefinition(inputs: named, layers: [layer]))
    }

    static let all = [
        FaultRow(
            "linear",
            [5, 2],
            weight: [4, 3],
            at: "weight",
            "weight is (4, 3), so the input's last dimension must be 3; it is (5, 2)"
        ),
        FaultRow(
            "prelu",
            [2, 3, 4],
            weight: [4],
            at: "weight",
            "the input is (2, 3, 4), so weight must be (1) or (3); it is (4)"
        ),
        FaultRow("prelu", [3], weight: [3], at: "weight", "the input is (3), so weight must be (1); it is (3)"),
        FaultRow("prelu", [3], weight: [1, 1], at: "weight", "weight must be (1) or (channels); it is (1, 1)"),
        FaultRow("embedding", [3], weight: [4], at: "weight", "weight must be (entries, width); it is (4)"),
        FaultRow(
            "embedding",
            [3],
            fields: ["padding_idx": .integers([4])],
            weight: [4, 2],
            at: "padding_idx",
            "weight is (4, 2), so padding_idx must lie in -4...3; it is 4"
        ),
        FaultRow(
            "hardtanh",
            [3],
            fields: ["min_val": .number(2)],
            at: "max_val",
            "max_val must not be less than min_val 2.0; it is 1.0"
        ),
        FaultRow("celu", [3], fields: ["alpha": .number(0)], at: "alpha", "alpha must not be 0; it is 0"),
        FaultRow(
            "softmax",
            [2, 3],
            fields: ["dim": .integers([2])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 3); it is 2"
        ),
        FaultRow(
            "log_softmax",
            [2, 3],
            fields: ["dim": .integers([-3])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 3); it is -3"
        ),
        FaultRow(
            "max",
            [2, 3],
            fields: ["dim": .integers([2])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 3); it is 2"
        ),
        FaultRow(
            "sum",
            [2, 3],
            fields: ["dim": .integers([0, 5])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 3); it is 5"
        ),
        FaultRow(
            "mean",
            [2, 3],
            fields: ["dim": .integers([1, -1])],
            at: "dim",
            "dim must name a dimension once; it names dimension 1 of (2, 3) repeatedly"
        ),
        FaultRow(
            "squeeze",
            [2, 1],
            fields: ["dim": .integers([2])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 1); it is 2"
        ),
        FaultRow(
            "unsqueeze",
            [2, 3],
            fields: ["dim": .integers([3])],
            at: "dim",
            "dim must lie in -3...2 for the input's shape (2, 3); it is 3"
        ),
        FaultRow(
            "transpose",
            [2, 3],
            fields: ["dim0": .integers([0]), "dim1": .integers([2])],
            at: "dim1",
            "dim1 must lie in -2...1 for the input's shape (2, 3); it is 2"
        ),
        FaultRow(
            "permute",
            [2, 3],
            fields: ["dims": .integers([0, 0])],
            at: "dims",
            "dims must name each of the 2 dimensions of the input's shape (2, 3) once; it is (0, 0)"
        ),
        FaultRow(
            "permute",
            [2, 3],
            fields: ["dims": .integers([0, 1, 2])],
            at: "dims",
            "dims must name each of the 2 dimensions of the input's shape (2, 3) once; it is (0, 1, 2)"
        ),
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([2, 4])],
            at: "shape",
            "the input (2, 3) has 6 elements, which do not fill shape (2, 4)"
        ),
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([4, -1])],
            at: "shape",
            "the input (2, 3) has 6 elements, which do not fill shape (4, -1)"
        ),
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([0, -1])],
            at: "shape",
            "the input (2, 3) has 6 elements, which do not fill shape (0, -1)"
        ),
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([-1, -1])],
            at: "shape",
            "one entry of shape may be -1; it is (-1, -1)"
        ),
        FaultRow("add", [2, 3], [3, 3], at: nil, "inputs must broadcast to one shape; they are (2, 3) and (3, 3)"),
        FaultRow(
            "matmul",
            [2, 3],
            [4, 2],
            at: nil,
            "the first input is (2, 3), so the second must have 3 rows; it is (4, 2)"
        ),
        FaultRow("matmul", [3], [], at: nil, "inputs must have one dimension or more; they are (3) and ()"),
        FaultRow(
            "matmul",
            [2, 4, 3],
            [5, 3, 2],
            at: nil,
            "the dimensions before the last two must broadcast; inputs are (2, 4, 3) and (5, 3, 2)"
        ),
        FaultRow(
            "concat",
            [2, 3],
            [3, 4],
            fields: ["dim": .integers([1])],
            at: nil,
            "inputs must be alike in all dimensions but 1; input 0 is (2, 3) and input 1 is (3, 4)"
        ),
        FaultRow("concat", [2, 3], [], at: nil, "inputs must have one dimension or more; one is a scalar"),
        FaultRow(
            "concat",
            [2, 3],
            [2, 3],
            fields: ["dim": .integers([2])],
            at: "dim",
            "dim must lie in -2...1 for the input's shape (2, 3); it is 2"
        ),
        FaultRow("concat", [2], at: nil, "concat takes 2 inputs or more; it has 1"),
        FaultRow("dropout", [2], at: "mask", "dropout needs mask where training is true"),
        FaultRow(
            "dropout",
            [2],
            fields: ["mask": .constant(Tensor(shape: [3], elements: [0, 1, 1]))],
            at: "mask",
            "the input is (2), so mask must be (2); it is (3)"
        ),
        FaultRow(
            "dropout",
            [[2]],
            ["mask": .constant(Tensor(shape: [3], elements: [0, 0.5, 2]))],
            nil,
            .fieldElement(layer: 0, "mask", 1),
            "mask holds 0 and 1; this is 0.5"
        ),
    ]

    /// Shapes that a request may claim, but that nothing may be allocated for.
    static let hostile = [
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([1 << 62, 4, -1])],
            at: "shape",
            "the input (2, 3) has 6 elements, which do not fill shape (4611686018427387904, 4, -1)"
        ),
        FaultRow(
            "reshape",
            [2, 3],
            fields: ["shape": .integers([Int](repeating: 7, count: 1_000_000))],
            at: "shape",
            "the input (2, 3) has 6 elements, which do not fill shape (7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, …)"
        ),
        FaultRow(
            "reshape",
            [[2, 3]],
            ["shape": .integers([Int](repeating: 1, count: 1_000) + [6])],
            nil,
            .layer(0),
            "the output has 1001 dimensions; the limit is 16"
        ),
        FaultRow(
            "matmul",
            [[1 << 40, 1], [1, 1 << 40]],
            [:],
            nil,
            .layer(0),
            "the output (1099511627776, 1099511627776) has more than 2^63 elements; the limit is 67108864"
        ),
        FaultRow(
            "matmul",
            [[1 << 20, 1], [1, 1 << 20]],
            [:],
            nil,
            .layer(0),
            "the output (1048576, 1048576) has 1099511627776 elements; the limit is 67108864"
        ),
        FaultRow(
            "add",
            [[1 << 20, 1], [1 << 20]],
            [:],
            nil,
            .layer(0),
            "the output (1048576, 1048576) has 1099511627776 elements; the limit is 67108864"
        ),
        FaultRow("concat", [.max - 1], [.max - 1], at: nil, "the inputs' lengths add up to more than 2^63"),
        FaultRow(
            "embedding",
            [[1 << 20]],
            [:],
            [1, 1 << 20],
            .layer(0),
            "the output (1048576, 1048576) has 1099511627776 elements; the limit is 67108864"
        ),
    ]
}

@Suite struct FaultTests {
    @Test(arguments: FaultRow.all + FaultRow.hostile)
    func `a fault is found at its place`(_ row: FaultRow) {
        let check = row.check()
        #expect(check.faults.map(\.place) == [row.place])
        #expect(check.faults.map(\.detail) == [row.detail])
        #expect(check.network == nil)
    }
}
