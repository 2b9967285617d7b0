extension Lanes {
    /// Elements seen as `outer` × `length` × `inner`.
    init(outer: Int, length: Int, inner: Int) {
        self.outer = outer
        self.length = length
        self.inner = inner
    }

    /// Adds to each element the number that belongs to its place in its lane.
    func add<S: Scalar>(_ numbers: [S], to elements: inout [S]) {
        let b = numbers.span
        var y = elements.mutableSpan
        forEachRow { place, row in
            let number = b[place]
            for i in row { y[i] += number }
        }
    }

    /// For each place in a lane, the sum over all lanes.
    func sums<S: Scalar>(_ elements: [S]) -> [S] {
        var totals = [S](repeating: .zero, count: length)
        let x = elements.span
        var sums = totals.mutableSpan
        forEachRow { place, row in
            var sum: S = .zero
            for i in row { sum += x[i] }
            sums[place] += sum
        }
        return totals
    }

    /// Calls `body` for each run of neighbouring elements that have the same place in their lanes.
    @inline(__always) func forEachRow(_ body: (_ place: Int, _ row: Range<Int>) -> Void) {
        var start = 0
        for _ in 0..<outer {
            for place in 0..<length {
                body(place, start..<start + inner)
                start += inner
            }
        }
    }
}
