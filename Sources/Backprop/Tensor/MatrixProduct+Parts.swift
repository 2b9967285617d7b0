extension MatrixProduct {
    /// The product of matrices that stand within longer spans, each from the given position on.
    func multiply<S: Scalar>(
        _ a: Span<S>,
        aStart: Int = 0,
        _ b: Span<S>,
        bStart: Int = 0,
        into c: inout MutableSpan<S>,
        cStart: Int = 0
    ) {
        var part = c._mutatingExtracting(cStart..<cStart + rows * columns)
        S.multiply(
            self,
            a.extracting(aStart..<aStart + rows * inner),
            b.extracting(bStart..<bStart + inner * columns),
            into: &part
        )
    }
}
