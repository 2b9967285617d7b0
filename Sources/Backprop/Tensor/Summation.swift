/// The sum of `term(0)`, `term(1)`, … `term(count - 1)`.
///
/// Blocks are added up in pairs, and pairs in pairs, so that rounding errors grow with the logarithm of the length.
@inline(__always) func sum<S: Scalar>(_ count: Int, _ term: (Int) -> S) -> S {
    // Sums of 1, 2, 4, … blocks, the longest first, as the binary digits of the number of blocks.
    var partials: [S] = []
    var blocks = 0
    var start = 0
    while true {
        let end = min(start + 128, count)
        // Four sums side by side: one alone would wait for each addition to end before the next.
        var (a, b, c, d): (S, S, S, S) = (.zero, .zero, .zero, .zero)
        var index = start
        while index + 4 <= end {
            a += term(index)
            b += term(index + 1)
            c += term(index + 2)
            d += term(index + 3)
            index += 4
        }
        while index < end {
            a += term(index)
            index += 1
        }
        var partial = (a + b) + (c + d)
        if blocks == 0 && end == count { return partial }
        var digits = blocks
        while digits & 1 == 1, let shorter = partials.popLast() {
            partial = shorter + partial
            digits >>= 1
        }
        partials.append(partial)
        blocks += 1
        start = end
        if end == count { return partials.reversed().reduce(.zero, +) }
    }
}
