import Backprop
import COpenBLAS

/// Matrix products against the library that does them, and functions of one number.
enum KernelBenchmarks: BenchmarkSuite {
    static let name = "kernels"
    static let abstract = "Matrix products beside bare BLAS, and functions of each entry."

    static func run(_ report: Report) throws {
        // The products of W3 and W4: (inputs, outputs) of their linear layers, 64 samples.
        for (width, out) in [(784, 128), (128, 10), (784, 512), (512, 512), (512, 10)] {
            for (pass, product) in linearProducts(rows: 64, width: width, out: out) {
                measure(product, "\(pass) of linear \(width)-\(out), 64 rows", Float.self, report)
                measure(product, "\(pass) of linear \(width)-\(out), 64 rows", Double.self, report)
            }
        }
        for type in Catalogue.layers where type is any Entrywise.Type {
            try measureEntries(type, Float.self, report)
            try measureEntries(type, Double.self, report)
        }
    }

    /// The products that a linear layer is computed by.
    private static func linearProducts(rows: Int, width: Int, out: Int) -> [(pass: String, product: MatrixProduct)] {
        [
            ("output", MatrixProduct(rows: rows, columns: out, inner: width, transposesB: true)),
            ("input gradient", MatrixProduct(rows: rows, columns: width, inner: out)),
            ("weight gradient", MatrixProduct(rows: out, columns: width, inner: rows, transposesA: true)),
        ]
    }

    private static func measure<S: BLASScalar>(
        _ product: MatrixProduct,
        _ name: String,
        _ type: S.Type,
        _ report: Report
    ) {
        let (group, name) = ("Matrix products", "\(name), \(S.self)")
        guard report.wants(group, name) else { return }
        var generator = Seeded(1)
        let a = generator.normals([product.rows * product.inner], of: S.self).elements
        let b = generator.normals([product.inner * product.columns], of: S.self).elements
        var (ours, theirs) = ([S](repeating: 0, count: product.rows * product.columns), [S]())
        theirs = ours
        openblas_set_num_threads(1)
        let timings = report.stopwatch.time([
            { product.multiply(a, b, into: &ours) }, { S.gemm(product, a, b, into: &theirs) },
        ])
        precondition(zip(ours, theirs).allSatisfy { Swift.abs($0.value - $1.value) < 1e-3 }, "the products agree")
        let (timing, bare) = (timings[0], timings[1])
        let rate = 2 * Double(product.rows * product.columns * product.inner) / timing.best
        let note = "\(number(rate)) GFLOP/s; \(number(100 * bare.best / timing.best)) % of BLAS' speed"
        add(timing, group, name, note, report)
    }

    private static func add(_ timing: Timing, _ group: String, _ name: String, _ note: String, _ report: Report) {
        report.add(
            Figure(
                group: group,
                name: name,
                unit: "µs",
                best: timing.best / 1e3,
                median: timing.median / 1e3,
                note: note
            )
        )
    }

    private static func measureEntries<S: Scalar>(_ type: any Layer.Type, _: S.Type, _ report: Report) throws {
        let group = "Functions of each entry"
        let names = ["\(type.type), \(S.self)", "gradient of \(type.type), \(S.self)"]
        guard names.contains(where: { report.wants(group, $0) }) else { return }
        let layer = try LayerAtWork<S>(type)
        report.measure(group, names[0], "ns/entry", dividedBy: Double(layer.entries)) { layer.forward() }
        report.measure(group, names[1], "ns/entry", dividedBy: Double(layer.entries)) { layer.backward() }
    }
}

/// The numbers that BLAS knows.
protocol BLASScalar: Scalar {
    static func gemm(_ product: MatrixProduct, _ a: [Self], _ b: [Self], into c: inout [Self])
}

extension MatrixProduct {
    fileprivate var transposes: (a: CBLAS_TRANSPOSE, b: CBLAS_TRANSPOSE) {
        (transposesA ? CblasTrans : CblasNoTrans, transposesB ? CblasTrans : CblasNoTrans)
    }

    /// The lengths of the rows of the three matrices as they are stored.
    fileprivate var strides: (a: Int32, b: Int32, c: Int32) {
        (Int32(transposesA ? rows : inner), Int32(transposesB ? inner : columns), Int32(columns))
    }
}

extension Float: BLASScalar {
    static func gemm(_ product: MatrixProduct, _ a: [Float], _ b: [Float], into c: inout [Float]) {
        let (m, n, k) = (Int32(product.rows), Int32(product.columns), Int32(product.inner))
        let (form, stride) = (product.transposes, product.strides)
        unsafe cblas_sgemm(CblasRowMajor, form.a, form.b, m, n, k, 1, a, stride.a, b, stride.b, 0, &c, stride.c)
    }
}

extension Double: BLASScalar {
    static func gemm(_ product: MatrixProduct, _ a: [Double], _ b: [Double], into c: inout [Double]) {
        let (m, n, k) = (Int32(product.rows), Int32(product.columns), Int32(product.inner))
        let (form, stride) = (product.transposes, product.strides)
        unsafe cblas_dgemm(CblasRowMajor, form.a, form.b, m, n, k, 1, a, stride.a, b, stride.b, 0, &c, stride.c)
    }
}
