/// Σ `term` over the positions of `range`.
///
/// Four sums run side by side, and long ranges are summed in pieces: both faster and more exact than one sum.
@inline(__always) func sum<S: Scalar>(_ range: Range<Int>, _ term: (Int) -> S) -> S {
    var total: S = .zero
    var next = range.lowerBound
    while next < range.upperBound {
        let stop = min(next + 512, range.upperBound)
        var (a, b, c, d): (S, S, S, S) = (.zero, .zero, .zero, .zero)
        while next + 4 <= stop {
            a += term(next)
            b += term(next + 1)
            c += term(next + 2)
            d += term(next + 3)
            next += 4
        }
        while next < stop {
            a += term(next)
            next += 1
        }
        total += (a + b) + (c + d)
    }
    return total
}
