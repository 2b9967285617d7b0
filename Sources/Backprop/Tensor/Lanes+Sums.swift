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

    /// Multiplies each element by the number that belongs to its place in its lane.
    func scale<S: Scalar>(_ elements: inout [S], by numbers: [S]) {
        let w = numbers.span
        var y = elements.mutableSpan
        forEachRow { place, row in
            let number = w[place]
            for i in row { y[i] = y[i] * number }
        }
    }

    /// For each place in a lane, the sum of products over all lanes.
    func sums<S: Scalar>(_ elements: [S], times others: [S]) -> [S] {
        var sums = [S](repeating: .zero, count: length)
        let (x, z) = (elements.span, others.span)
        var totals = sums.mutableSpan
        forEachRow { place, row in
            totals[place] += sum(row) { x[$0] * z[$0] }
        }
        return sums
    }

    /// For each place in a lane, the sum over all lanes.
    func sums<S: Scalar>(_ elements: [S]) -> [S] {
        var sums = [S](repeating: .zero, count: length)
        let x = elements.span
        var totals = sums.mutableSpan
        forEachRow { place, row in
            totals[place] += sum(row) { x[$0] }
        }
        return sums
    }

    /// Calls `body` for each run of neighbouring elements that have the same place in their lanes.
    @inline(__always) func forEachRow(_ body: (_ place: Int, _ row: Range<Int>) -> Void) {
        var start = 0
        if inner == 1 {
            // The same with runs of a length that the compiler knows.
            for _ in 0..<outer {
                for place in 0..<length { body(place, start + place..<start + place + 1) }
                start += length
            }
            return
        }
        for _ in 0..<outer {
            for place in 0..<length {
                body(place, start..<start + inner)
                start += inner
            }
        }
    }
}
