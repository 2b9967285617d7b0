/// How two tensors are stretched to a common shape, as in PyTorch: shapes are aligned at their last dimensions, and a
/// dimension of length 1, or one that is not there, repeats.
struct Broadcast: Sendable {
    /// The common shape.
    let shape: Shape
    private let walk: StridedWalk

    /// The way to stretch `a` and `b`, or `nil` where they do not fit.
    init?(_ a: Shape, _ b: Shape) {
        guard let shape = Self.shape(a, b) else { return nil }
        self.shape = shape
        let rank = shape.rank
        // A step along a dimension that an operand repeats does not move in it.
        let steps = [a, b].map { operand in
            let strides = operand.strides
            return (0..<rank).map { index in
                let own = index - (rank - operand.rank)
                return own < 0 || operand[own] == 1 ? 0 : strides[own]
            }
        }
        walk = StridedWalk(shape.dimensions, steps[0], steps[1])
    }

    /// The common shape alone, for shapes of any size: nothing is multiplied.
    static func shape(_ a: Shape, _ b: Shape) -> Shape? {
        let rank = max(a.rank, b.rank)
        var lengths: [Int] = []
        for index in 0..<rank {
            let left = Self.length(of: a, at: index, rank: rank)
            let right = Self.length(of: b, at: index, rank: rank)
            guard left == right || left == 1 || right == 1 else { return nil }
            lengths.append(left == 1 ? right : left)
        }
        return Shape(lengths)
    }

    private static func length(of shape: Shape, at index: Int, rank: Int) -> Int {
        let own = index - (rank - shape.rank)
        return own < 0 ? 1 : shape[own]
    }

    /// Calls `body` for each element of the common shape with the positions of the result and of both operands.
    @inline(__always) func forEach(_ body: (_ result: Int, _ a: Int, _ b: Int) -> Void) {
        let (length, aStep, bStep) = (walk.rowLength, walk.aStep, walk.bStep)
        if aStep == 1 && bStep == 1 {
            // Without multiplications the compiler can make vectors of it.
            walk.forEachRow { position, a, b in
                for step in 0..<length { body(position + step, a + step, b + step) }
            }
        } else {
            walk.forEachRow { position, a, b in
                for step in 0..<length { body(position + step, a + step * aStep, b + step * bStep) }
            }
        }
    }
}

/// A layer of two inputs that applies one function to each pair of entries, with broadcasting.
package protocol PairwiseLayer: Layer {
    /// f(a, b).
    func f<S: Scalar>(_ a: S, _ b: S) -> S

    /// ∂f/∂a and ∂f/∂b, each already times the cotangent g; `y` is f(a, b).
    func pull<S: Scalar>(_ a: S, _ b: S, _ y: S, _ g: S) -> (S, S)
}

extension PairwiseLayer {
    package static var arity: Arity { .exactly(2) }
    package static var shapeRule: String { "the shape both inputs broadcast to, as in PyTorch" }

    package func shape(of operands: inout OperandShapes) -> Shape? {
        guard let a = operands.input(0), let b = operands.input(1) else { return nil }
        if let shape = Broadcast.shape(a, b) { return shape }
        return operands.faultOfInputs("inputs must broadcast to one shape; they are \(a) and \(b)")
    }

    package func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S> {
        let (a, b) = (operands.input(0), operands.input(1))
        guard let broadcast = Broadcast(a.shape, b.shape) else {
            preconditionFailure("a validated layer's inputs broadcast")
        }
        var values = [S](repeating: .zero, count: broadcast.shape.count)
        do {
            let (x, y) = (a.elements.span, b.elements.span)
            var out = values.mutableSpan
            broadcast.forEach { out[$0] = f(x[$1], y[$2]) }
        }
        let value = Tensor(shape: broadcast.shape, elements: values)
        return Evaluation(value) { cotangent, wanted in
            if wanted[0] && wanted[1] {
                var left = [S](repeating: .zero, count: a.count)
                var right = [S](repeating: .zero, count: b.count)
                do {
                    var da = left.mutableSpan
                    var db = right.mutableSpan
                    forEachPull(broadcast, a, b, value, cotangent) { i, j, p, q in
                        da[i] += p
                        db[j] += q
                    }
                }
                return [Tensor(shape: a.shape, elements: left), Tensor(shape: b.shape, elements: right)]
            }
            // Of what is not used the compiler leaves out the computing as well.
            var sums = [S](repeating: .zero, count: wanted[0] ? a.count : b.count)
            do {
                var total = sums.mutableSpan
                if wanted[0] {
                    forEachPull(broadcast, a, b, value, cotangent) { i, _, p, _ in total[i] += p }
                } else {
                    forEachPull(broadcast, a, b, value, cotangent) { _, j, _, q in total[j] += q }
                }
            }
            return wanted[0]
                ? [Tensor(shape: a.shape, elements: sums), nil] : [nil, Tensor(shape: b.shape, elements: sums)]
        }
    }

    /// Calls `body` for each pair of entries with their positions and with what they get of the cotangent.
    @inline(__always) private func forEachPull<S: Scalar>(
        _ broadcast: Broadcast,
        _ a: Tensor<S>,
        _ b: Tensor<S>,
        _ value: Tensor<S>,
        _ cotangent: Tensor<S>,
        _ body: (_ i: Int, _ j: Int, _ ofA: S, _ ofB: S) -> Void
    ) {
        let (x, y, z, g) = (a.elements.span, b.elements.span, value.elements.span, cotangent.elements.span)
        broadcast.forEach { position, i, j in
            let (p, q) = pull(x[i], y[j], z[position], g[position])
            body(i, j, p, q)
        }
    }
}
