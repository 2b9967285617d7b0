import COpenBLAS

/// The form of a product `c = op(a) · op(b)` of row-major matrices stored without gaps.
///
/// `op(a)` is (`rows`, `inner`), `op(b)` (`inner`, `columns`) and `c` (`rows`, `columns`); a transposed operand is
/// stored as the transpose of that.
public struct MatrixProduct: Sendable {
    /// The rows of the result.
    public let rows: Int
    /// The columns of the result.
    public let columns: Int
    /// The length of the sums.
    public let inner: Int
    /// Whether `a` is stored (`inner`, `rows`).
    public var transposesA = false
    /// Whether `b` is stored (`columns`, `inner`).
    public var transposesB = false
    /// Whether the product is added to what `c` holds.
    public var accumulates = false

    /// Makes the form of a product.
    public init(
        rows: Int,
        columns: Int,
        inner: Int,
        transposesA: Bool = false,
        transposesB: Bool = false,
        accumulates: Bool = false
    ) {
        self.rows = rows
        self.columns = columns
        self.inner = inner
        self.transposesA = transposesA
        self.transposesB = transposesB
        self.accumulates = accumulates
    }

    /// Below some 4,000 multiply-adds a call of BLAS costs more than it saves.
    var isWorthBLAS: Bool { rows * columns * inner >= 4_096 }

    /// The product as plain loops, for small operands and for scalars that BLAS does not know.
    func loop<S: Scalar>(_ a: Span<S>, _ b: Span<S>, _ c: inout MutableSpan<S>) {
        let (aRow, aColumn) = transposesA ? (1, rows) : (inner, 1)
        let (bRow, bColumn) = transposesB ? (1, inner) : (columns, 1)
        for row in 0..<rows {
            for column in 0..<columns {
                var sum: S = accumulates ? c[row * columns + column] : .zero
                for k in 0..<inner { sum += a[row * aRow + k * aColumn] * b[k * bRow + column * bColumn] }
                c[row * columns + column] = sum
            }
        }
    }

    /// The product of duals as products of their planes: v = ab, v̇ = ȧb + aḃ, each only where it is not zero.
    func multiplyPlanes(_ a: Span<Dual>, _ b: Span<Dual>, _ c: inout MutableSpan<Dual>) {
        let (a, b) = (Planes(a), Planes(b))
        let count = rows * columns
        var values = [Double](repeating: 0, count: count)
        var tangents = [Double](repeating: 0, count: count)
        var form = self
        form.accumulates = false
        form.multiply(a.values, b.values, into: &values)
        form.accumulates = true
        if a.moves { form.multiply(a.tangents, b.values, into: &tangents) }
        if b.moves { form.multiply(a.values, b.tangents, into: &tangents) }
        for index in 0..<count {
            let product = Dual(values[index], tangent: tangents[index])
            c[index] = accumulates ? c[index] + product : product
        }
    }

    /// The product of arrays.
    public func multiply<S: Scalar>(_ a: [S], _ b: [S], into c: inout [S]) {
        var target = c.mutableSpan
        S.multiply(self, a.span, b.span, into: &target)
    }

    /// The product of arrays; where there is a `row` it is added to each of the product's.
    func product<S: Scalar>(_ a: [S], _ b: [S], addedTo row: [S]? = nil) -> [S] {
        .overwriting(rows * columns) { product in
            var form = self
            if let row {
                form.accumulates = true
                product.copy(
                    Runs(start: 0, length: columns, count: rows, distance: columns),
                    from: row.span,
                    Runs(start: 0, length: columns, count: rows, distance: 0)
                )
            }
            S.multiply(form, a.span, b.span, into: &product)
        }
    }

    /// A matrix of duals taken apart.
    private struct Planes {
        let values: [Double]
        let tangents: [Double]
        let moves: Bool

        init(_ span: Span<Dual>) {
            values = [Double](capacity: span.count) { for i in 0..<span.count { $0.append(span[i].value) } }
            tangents = [Double](capacity: span.count) { for i in 0..<span.count { $0.append(span[i].tangent) } }
            moves = tangents.contains { $0 != 0 }
        }
    }
}

// MARK: - OpenBLAS

extension MatrixProduct {
    /// Sets OpenBLAS to one thread: two inside a request are slower on busy cores, and sums keep their order.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    func callBLAS(_ a: Span<Double>, _ b: Span<Double>, _ c: inout MutableSpan<Double>) {
        Self.singleThreaded
        checkExtents(a.count, b.count, c.count)
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    unsafe cblas_dgemm(
                        CblasRowMajor,
                        transposesA ? CblasTrans : CblasNoTrans,
                        transposesB ? CblasTrans : CblasNoTrans,
                        Int32(rows),
                        Int32(columns),
                        Int32(inner),
                        1,
                        a.baseAddress,
                        Int32(transposesA ? rows : inner),
                        b.baseAddress,
                        Int32(transposesB ? inner : columns),
                        accumulates ? 1 : 0,
                        c.baseAddress,
                        Int32(columns)
                    )
                }
            }
        }
    }

    func callBLAS(_ a: Span<Float>, _ b: Span<Float>, _ c: inout MutableSpan<Float>) {
        Self.singleThreaded
        checkExtents(a.count, b.count, c.count)
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    unsafe cblas_sgemm(
                        CblasRowMajor,
                        transposesA ? CblasTrans : CblasNoTrans,
                        transposesB ? CblasTrans : CblasNoTrans,
                        Int32(rows),
                        Int32(columns),
                        Int32(inner),
                        1,
                        a.baseAddress,
                        Int32(transposesA ? rows : inner),
                        b.baseAddress,
                        Int32(transposesB ? inner : columns),
                        accumulates ? 1 : 0,
                        c.baseAddress,
                        Int32(columns)
                    )
                }
            }
        }
    }

    /// BLAS reads and writes past a span that is too short, so its extent is held here.
    private func checkExtents(_ a: Int, _ b: Int, _ c: Int) {
        precondition(a == rows * inner && b == inner * columns && c == rows * columns, "the operands fit the product")
    }
}
