/// The sum of `term(0)`, `term(1)`, … `term(count - 1)`, in blocks, so that rounding errors stay small in long sums.
@inline(__always) func sum<S: Scalar>(_ count: Int, _ term: (Int) -> S) -> S {
    let block = max(256, Int(Double(count).squareRoot()))
    var total: S = .zero
    var start = 0
    while start < count {
        let end = min(start + block, count)
        var partial: S = .zero
        for index in start..<end { partial += term(index) }
        total += partial
        start = end
    }
    return total
}
