import Backprop
import GradientService

/// Numbers as text, both ways.
enum TextBenchmarks: BenchmarkSuite {
    static let name = "text"
    static let abstract = "Reading and printing numbers of several kinds."

    static func run(_ report: Report) throws {
        for direction in Direction.allCases {
            measure(direction, Double.self, report)
            measure(direction, Float.self, report)
        }
    }

    private enum Direction: String, CaseIterable {
        case reading = "Reading numbers"
        case printing = "Printing numbers"
    }

    private static let shape: Shape = [100, 1000]

    private static func measure<S: TextScalar & Scalar>(_ direction: Direction, _ type: S.Type, _ report: Report) {
        for (kind, numbers) in kinds(of: type) {
            measure(direction, kind, Tensor(shape: shape, elements: numbers), .nested, report)
        }
        var generator = Seeded(11)
        measure(direction, "base64", generator.normals(shape, of: type), .base64, report)
    }

    /// What tensors consist of: weights, labels, what a ReLU leaves, what people write.
    private static func kinds<S: TextScalar & Scalar>(of type: S.Type) -> [(kind: String, numbers: [S])] {
        var generator = Seeded(11)
        let normals = generator.normals(shape, of: type).elements
        return [
            ("normal numbers", normals),
            ("normal numbers and zeros", normals.map { $0 < 0 ? 0 : $0 }),
            ("zeros", normals.map { _ in 0 }),
            ("integers below 1000", normals.map { _ in S(Double(Int.random(in: 0..<1000, using: &generator))) }),
            ("decimals of two places", normals.map { S(($0.value * 100).rounded() / 100) }),
            ("tiny and huge numbers", normals.map { S($0.value * scale(&generator)) }),
        ]
    }

    private static func scale(_ generator: inout Seeded) -> Double {
        var scale = 1.0
        for _ in 0..<Int.random(in: 0...30, using: &generator) { scale *= 10 }
        return Bool.random(using: &generator) ? scale : 1 / scale
    }

    private static func measure<S: TextScalar & Scalar>(
        _ direction: Direction,
        _ kind: String,
        _ tensor: Tensor<S>,
        _ form: TensorForm,
        _ report: Report
    ) {
        let name = "\(kind), \(S.self)"
        guard report.wants(direction.rawValue, name) else { return }
        let text = printed(tensor, form)
        precondition(read(text, S.self) == tensor.elements.last, "what is printed is read back")
        let count = Double(tensor.count)
        let timing: Timing
        switch direction {
        case .reading: timing = report.stopwatch.time { use(read(text, S.self)) } / count
        case .printing: timing = report.stopwatch.time { use(printed(tensor, form).last) } / count
        }
        report.add(
            Figure(
                group: direction.rawValue,
                name: name,
                unit: "ns/number",
                best: timing.best,
                median: timing.median,
                note: "\(number(Double(text.count) / count)) bytes a number"
            )
        )
    }

    private static func printed<S: TextScalar>(_ tensor: Tensor<S>, _ form: TensorForm) -> [UInt8] {
        var writer = JSONWriter(
            capacity: JSONWriter.expectedSize(ofNumbers: tensor.count, dtype: S.dtype, form: form) + 4096
        )
        writer.tensor(tensor, as: form)
        return writer.take()
    }

    private static func read<S: TextScalar>(_ text: [UInt8], _ type: S.Type) -> S? {
        var reader = JSONReader(text)
        guard case .success(let written)? = try? reader.tensor(of: type) else { return nil }
        return written.tensor.elements.last
    }
}
