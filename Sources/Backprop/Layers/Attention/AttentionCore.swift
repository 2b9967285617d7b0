/// Scaled dot-product attention of one query matrix Q (L, E) to keys K (S, E) and values V (S, W).
///
/// P = softmax(s Q Kᵀ) along each row, without the columns that a causal mask hides, and Y = P V. The pullback makes P
/// again, and both work on so many rows at a time as fit a small buffer, so the (L, S) matrices are never whole.
struct AttentionCore: Sendable {
    let queries: Int
    let keys: Int
    /// The length of queries and keys.
    let width: Int
    /// The length of values.
    let valueWidth: Int
    let scale: Double
    let isCausal: Bool

    /// Where the matrices of one product stand within their tensors.
    struct Places: Sendable {
        let query: Int
        let key: Int
        let value: Int
        let output: Int
    }

    /// The rows in one block.
    private var block: Int { max(1, min(queries, Self.bufferSize / keys)) }

    /// The elements of a buffer of weights; more if one row has more.
    private static let bufferSize = 1 << 16

    /// Multiply-adds of a forward pass; an exponential takes about as long as ten.
    var operations: Double { Double(queries) * Double(keys) * (Double(width) + Double(valueWidth) + 12) }

    /// The elements of the two buffers, and as many again where duals are taken apart, keys and values among them.
    var scratch: Double {
        let columns = Double(width) + Double(valueWidth)
        return 4 * Double(block) * Double(keys) + (Double(block) + Double(keys)) * columns
    }

    /// Writes Y at `places.output`.
    func forward<S: Scalar>(
        _ query: Span<S>,
        _ key: Span<S>,
        _ value: Span<S>,
        at places: Places,
        into output: inout MutableSpan<S>,
        buffer: inout [S]
    ) {
        forEachBlock { rows in
            weigh(query, key, at: places, rows, into: &buffer)
            MatrixProduct(rows: rows.count, columns: valueWidth, inner: keys)
                .multiply(
                    buffer.span,
                    value,
                    bStart: places.value,
                    into: &output,
                    cStart: places.output + rows.lowerBound * valueWidth
                )
        }
    }

    /// The cotangents of query, key and value, added to what is there; `nil` where not wanted.
    struct Cotangents<S: Scalar> {
        var query: [S]?
        var key: [S]?
        var value: [S]?
    }

    /// Adds ∂C/∂Q, ∂C/∂K and ∂C/∂V to `cotangents`, as far as they are there.
    func pull<S: Scalar>(
        _ g: Span<S>,
        _ query: Span<S>,
        _ key: Span<S>,
        _ value: Span<S>,
        at places: Places,
        into cotangents: inout Cotangents<S>,
        weights: inout [S],
        scores: inout [S]
    ) {
        forEachBlock { rows in
            weigh(query, key, at: places, rows, into: &weights)
            let outputStart = places.output + rows.lowerBound * valueWidth
            let queryStart = places.query + rows.lowerBound * width
            if cotangents.value != nil {
                // ∂C/∂V = Pᵀ G
                add(
                    MatrixProduct(rows: keys, columns: valueWidth, inner: rows.count, transposesA: true),
                    weights.span,
                    g,
                    bStart: outputStart,
                    to: &cotangents.value,
                    at: places.value
                )
            }
            guard cotangents.query != nil || cotangents.key != nil else { return }
            pullScores(g, value, from: outputStart, places, rows, weights, &scores)
            // ∂C/∂Q = s ∂C/∂Z K and ∂C/∂K = s (∂C/∂Z)ᵀ Q, where Z are the scores and s is in ∂C/∂Z already.
            add(
                MatrixProduct(rows: rows.count, columns: width, inner: keys),
                scores.span,
                key,
                bStart: places.key,
                to: &cotangents.query,
                at: queryStart
            )
            add(
                MatrixProduct(rows: keys, columns: width, inner: rows.count, transposesA: true),
                scores.span,
                query,
                bStart: queryStart,
                to: &cotangents.key,
                at: places.key
            )
        }
    }

    private func add<S: Scalar>(
        _ form: MatrixProduct,
        _ a: Span<S>,
        _ b: Span<S>,
        bStart: Int,
        to sum: inout [S]?,
        at start: Int
    ) {
        // Taken out while it changes, so that it is not copied.
        guard var elements = sum else { return }
        sum = nil
        var form = form
        form.accumulates = true
        var target = elements.mutableSpan
        form.multiply(a, b, bStart: bStart, into: &target, cStart: start)
        sum = elements
    }

    /// Writes s P ⊙ (∂C/∂P − (∂C/∂P ⊙ P) 1 1ᵀ), where ∂C/∂P = G Vᵀ, to the scores' buffer.
    private func pullScores<S: Scalar>(
        _ g: Span<S>,
        _ value: Span<S>,
        from start: Int,
        _ places: Places,
        _ rows: Range<Int>,
        _ weights: [S],
        _ scores: inout [S]
    ) {
        var z = scores.mutableSpan
        MatrixProduct(rows: rows.count, columns: keys, inner: valueWidth, transposesB: true)
            .multiply(g, aStart: start, value, bStart: places.value, into: &z)
        let p = weights.span
        let factor = S(scale)
        for row in 0..<rows.count {
            let places = row * keys..<(row + 1) * keys
            var product: S = .zero
            for i in places { product += z[i] * p[i] }
            for i in places { z[i] = factor * (p[i] * (z[i] - product)) }
        }
    }

    /// Writes the weights P of the given rows to `buffer`.
    private func weigh<S: Scalar>(
        _ query: Span<S>,
        _ key: Span<S>,
        at places: Places,
        _ rows: Range<Int>,
        into buffer: inout [S]
    ) {
        var z = buffer.mutableSpan
        MatrixProduct(rows: rows.count, columns: keys, inner: width, transposesB: true)
            .multiply(query, aStart: places.query + rows.lowerBound * width, key, bStart: places.key, into: &z)
        let factor = S(scale)
        for row in rows {
            let start = (row - rows.lowerBound) * keys
            let visible = start..<start + (isCausal ? min(row + 1, keys) : keys)
            var largest = factor * z[start]
            for i in visible {
                z[i] = factor * z[i]
                largest = S.maximum(largest, z[i])
            }
            var sum: S = .zero
            for i in visible {
                z[i] = S.exp(z[i] - largest)
                sum += z[i]
            }
            for i in visible { z[i] = z[i] / sum }
            for i in visible.upperBound..<start + keys { z[i] = .zero }
        }
    }

    @inline(__always) private func forEachBlock(_ body: (_ rows: Range<Int>) -> Void) {
        let block = block
        for start in stride(from: 0, to: queries, by: block) { body(start..<min(start + block, queries)) }
    }

    /// A buffer for the weights of a block.
    func buffer<S: Scalar>(of type: S.Type) -> [S] { [S](repeating: .zero, count: block * keys) }
}
