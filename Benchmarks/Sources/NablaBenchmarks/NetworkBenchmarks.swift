import Backprop
import CAllocationMeter
import GradientService

/// Networks without anything around them: forward, loss and backward, beside the matrix products alone that they
/// consist of.
enum NetworkBenchmarks: BenchmarkSuite {
    static let name = "networks"
    static let abstract = "The mathematics of W1 to W5 alone, beside the matrix products in it."

    static func run(_ report: Report) throws {
        for workload in Workload.all() { try measure(workload, report) }
    }

    private static func measure(_ workload: Workload, _ report: Report) throws {
        let group = "Networks: \(workload.name)"
        let names = ["forward", "forward and backward", "the matrix products alone", "allocations"]
        guard names.contains(where: { report.wants(group, $0) }) else { return }
        let limits = RequestLimits()
        let needs = GradientsOperation.needs
        guard case .float32(let submission) = try AnySubmission.decode(workload.body(.gradients), needs, limits: limits)
        else { preconditionFailure("the workloads ask for float32") }
        guard let loss = submission.loss else { preconditionFailure("the workloads have losses") }

        func forward() -> ForwardPass<Float>? {
            let keeping = Keeping(outputs: false, pullbacks: true)
            return try? submission.network.forward(
                inputs: submission.inputs,
                parameters: submission.parameters,
                keeping: keeping
            )
        }
        func both() {
            guard let pass = forward() else { return }
            use(try? pass.backward(from: Float.entries.loss(loss, pass.output).gradient()).layers.count)
        }
        let products = Products(of: submission.network)
        let timings = report.stopwatch.time([{ use(forward()?.output.elements.last) }, both, products.multiply])
        let share = number(100 * timings[2].best / timings[1].best)
        for (name, timing) in zip(names, timings) {
            report.add(
                Figure(
                    group: group,
                    name: name,
                    unit: "µs",
                    best: timing.best / 1e3,
                    median: timing.median / 1e3,
                    note: name == names[2] ? "\(share) % of forward and backward" : ""
                )
            )
        }
        allocation_meter_start()
        both()
        let count = Double(allocation_meter_count())
        report.add(Figure(group: group, name: names[3], unit: "", best: count, median: count))
    }
}

/// The matrix products that a network's linear layers and convolutions and all their gradients consist of, each by one
/// call of BLAS and at the size it would have if nothing but the product were to be done.
private final class Products {
    private var products: [(form: MatrixProduct, a: [Float], b: [Float])] = []
    private var results: [[Float]] = []

    init(of network: Network) {
        var generator = Seeded(3)
        for step in network.steps where step.type == "linear" || step.type == "conv2d" {
            guard let parameter = step.parameters[0] else { continue }
            let weight = network.parameters[parameter].shape
            let (out, inner) = (weight[0], weight.count / weight[0])
            let columns = step.shape.count / out
            let forms =
                step.type == "linear"
                ? [
                    MatrixProduct(rows: columns, columns: out, inner: inner, transposesB: true),
                    MatrixProduct(rows: columns, columns: inner, inner: out),
                    MatrixProduct(rows: out, columns: inner, inner: columns, transposesA: true),
                ]
                : [
                    MatrixProduct(rows: out, columns: columns, inner: inner),
                    MatrixProduct(rows: inner, columns: columns, inner: out, transposesA: true),
                    MatrixProduct(rows: out, columns: inner, inner: columns, transposesB: true),
                ]
            for form in forms {
                let a: Tensor<Float> = generator.normals([form.rows * form.inner])
                let b: Tensor<Float> = generator.normals([form.inner * form.columns])
                products.append((form, a.elements, b.elements))
                results.append([Float](repeating: 0, count: form.rows * form.columns))
            }
        }
    }

    func multiply() {
        for (index, product) in products.enumerated() {
            Float.gemm(product.form, product.a, product.b, into: &results[index])
        }
    }
}
