/// The steps of multi-head attention: projections of (N, L, E) tensors, attention head by head, and their transposes.
struct AttentionHeads: Sendable {
    private let samples: Int
    private let heads: Int
    /// The columns E of all heads.
    let width: Int
    private let core: AttentionCore

    init(query: Shape, key: Shape, heads: Int) {
        samples = query.rank == 3 ? query[0] : 1
        width = query[query.rank - 1]
        self.heads = heads
        let columns = width / heads
        core = AttentionCore(
            queries: query[query.rank - 2],
            keys: key[key.rank - 2],
            width: columns,
            valueWidth: columns,
            scale: 1 / Double(columns).squareRoot(),
            isCausal: false
        )
    }

    /// The cost of a forward pass, and what is kept until the pullback has run.
    var work: Work {
        let (n, e) = (Double(samples), Double(width))
        let (queries, keys) = (n * Double(core.queries) * e, n * Double(core.keys) * e)
        return Work(
            operations: 2 * (queries + keys) * e + n * Double(heads) * core.operations,
            // Projections and result, their cotangents in either order, and a weight of duals taken apart.
            scratch: 6 * (queries + keys) + e * e + core.scratch
        )
    }

    /// The number of rows of part 0 (query), 1 (key) or 2 (value).
    private func rows(_ part: Int) -> Int { samples * (part == 0 ? core.queries : core.keys) }

    // MARK: Forward

    /// x W_partᵀ + b_part, as (N, heads, L, d).
    func projected<S: Scalar>(_ x: [S], _ weight: [S], _ bias: [S]?, part: Int) -> [S] {
        var product = [S](repeating: .zero, count: x.count)
        do {
            var target = product.mutableSpan
            MatrixProduct(rows: rows(part), columns: width, inner: width, transposesB: true)
                .multiply(x.span, weight.span, bStart: part * width * width, into: &target)
        }
        if let bias {
            let own = Array(bias[part * width..<(part + 1) * width])
            Lanes(outer: rows(part), length: width, inner: 1).add(own, to: &product)
        }
        return split(product, part)
    }

    /// The heads' results side by side, (N, L, E).
    func attended<S: Scalar>(_ projected: [[S]]) -> [S] {
        var output = [S](repeating: .zero, count: rows(0) * width)
        do {
            let (q, k, v) = (projected[0], projected[1], projected[2])
            var y = output.mutableSpan
            var buffer = core.buffer(of: S.self)
            for head in 0..<samples * heads {
                core.forward(q.span, k.span, v.span, at: places(head), into: &y, buffer: &buffer)
            }
        }
        return merged(output, 0)
    }

    /// A W_Oᵀ + b_O.
    func joined<S: Scalar>(_ attended: [S], _ weight: [S], _ bias: [S]?) -> [S] {
        var output = [S](repeating: .zero, count: attended.count)
        MatrixProduct(rows: rows(0), columns: width, inner: width, transposesB: true)
            .multiply(attended, weight, into: &output)
        if let bias { Lanes(outer: rows(0), length: width, inner: 1).add(bias, to: &output) }
        return output
    }

    // MARK: Backward

    /// Gᵀ A.
    func outWeightGradient<S: Scalar>(_ g: [S], _ attended: [S]) -> [S] {
        var gradient = [S](repeating: .zero, count: width * width)
        MatrixProduct(rows: width, columns: width, inner: rows(0), transposesA: true)
            .multiply(g, attended, into: &gradient)
        return gradient
    }

    /// The cotangents of the projected query, key and value, each (N, L, E).
    func pulled<S: Scalar>(_ g: [S], _ projected: [[S]], _ outWeight: [S]) -> [[S]] {
        var joined = [S](repeating: .zero, count: g.count)
        MatrixProduct(rows: rows(0), columns: width, inner: width).multiply(g, outWeight, into: &joined)
        let cotangent = split(joined, 0)
        let (q, k, v) = (projected[0], projected[1], projected[2])
        var sums = AttentionCore.Cotangents(
            query: [S](repeating: .zero, count: q.count),
            key: [S](repeating: .zero, count: k.count),
            value: [S](repeating: .zero, count: v.count)
        )
        var weights = core.buffer(of: S.self)
        var scores = core.buffer(of: S.self)
        for head in 0..<samples * heads {
            core.pull(
                cotangent.span,
                q.span,
                k.span,
                v.span,
                at: places(head),
                into: &sums,
                weights: &weights,
                scores: &scores
            )
        }
        return [sums.query, sums.key, sums.value].enumerated().map { merged($1 ?? [], $0) }
    }

    /// The gradients of W_Q, W_K and W_V, one below the other.
    func inWeightGradient<S: Scalar>(_ parts: [[S]], _ inputs: [[S]]) -> [S] {
        var gradient = [S](repeating: .zero, count: 3 * width * width)
        var target = gradient.mutableSpan
        for part in 0..<3 {
            let (cotangents, x) = (parts[part], inputs[part])
            MatrixProduct(rows: width, columns: width, inner: rows(part), transposesA: true)
                .multiply(cotangents.span, x.span, into: &target, cStart: part * width * width)
        }
        return gradient
    }

    /// The gradient of an input that the given parts are projected from.
    func inputGradient<S: Scalar>(_ parts: [[S]], _ weight: [S], of sources: [Int]) -> [S] {
        var gradient = [S](repeating: .zero, count: parts[sources[0]].count)
        var target = gradient.mutableSpan
        for part in sources {
            let cotangents = parts[part]
            MatrixProduct(rows: rows(part), columns: width, inner: width, accumulates: true)
                .multiply(cotangents.span, weight.span, bStart: part * width * width, into: &target)
        }
        return gradient
    }

    // MARK: Layout

    /// Where the matrices of one head of one sample stand in (N, heads, L, d).
    private func places(_ head: Int) -> AttentionCore.Places {
        let (long, short) = (core.queries * core.width, core.keys * core.width)
        return AttentionCore.Places(query: head * long, key: head * short, value: head * short, output: head * long)
    }

    /// (N, L, heads · d) as (N, heads, L, d).
    private func split<S: Scalar>(_ x: [S], _ part: Int) -> [S] {
        swapped(x, outer: rows(part) / samples, inner: heads)
    }

    /// (N, heads, L, d) as (N, L, heads · d).
    private func merged<S: Scalar>(_ x: [S], _ part: Int) -> [S] {
        swapped(x, outer: heads, inner: rows(part) / samples)
    }

    /// (N, outer, inner, d) as (N, inner, outer, d).
    private func swapped<S: Scalar>(_ elements: [S], outer: Int, inner: Int) -> [S] {
        if outer == 1 || inner == 1 { return elements }
        let x = elements.span
        return [S](capacity: x.count) { out in
            for sample in 0..<samples {
                for i in 0..<inner {
                    for o in 0..<outer {
                        let start = ((sample * outer + o) * inner + i) * core.width
                        for k in start..<start + core.width { out.append(x[k]) }
                    }
                }
            }
        }
    }
}
