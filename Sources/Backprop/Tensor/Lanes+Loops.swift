// Loops over the elements at the same places of all lanes. Each stands twice: where such elements are neighbours the
// inner loop runs over them, and else, without a loop for each element, over the places.

extension Lanes {
    /// Elements seen as `outer` × `length` × `inner`.
    init(outer: Int, length: Int, inner: Int) {
        self.outer = outer
        self.length = length
        self.inner = inner
    }

    /// f(x, a, b) for each element x and the numbers that belong to its place.
    func mapped<S: Scalar>(_ elements: [S], _ first: [S], _ second: [S], _ f: (S, S, S) -> S) -> [S] {
        var result = [S](repeating: .zero, count: elements.count)
        // Parts of the same length let the compiler see that every index is within bounds.
        let (x, a, b) = (elements.span, first.span.extracting(0..<length), second.span.extracting(0..<length))
        var y = result.mutableSpan
        if inner == 1 {
            forEachLane { lane in
                let part = x.extracting(lane)
                var target = y._mutatingExtracting(lane)
                for i in 0..<length { target[i] = f(part[i], a[i], b[i]) }
            }
        } else {
            forEachRow { place, row in
                let (p, q) = (a[place], b[place])
                let part = x.extracting(row)
                var target = y._mutatingExtracting(row)
                for i in 0..<row.count { target[i] = f(part[i], p, q) }
            }
        }
        return result
    }

    /// f(x, z, a, b, c) for each element x, its counterpart z in another tensor, and the numbers of its place.
    func mapped<S: Scalar>(
        _ elements: [S],
        _ others: [S],
        _ numbers: (first: [S], second: [S], third: [S]),
        _ f: (S, S, S, S, S) -> S
    ) -> [S] {
        var result = [S](repeating: .zero, count: elements.count)
        let (x, z) = (elements.span, others.span)
        let (first, second, third) = numbers
        let a = first.span.extracting(0..<length)
        let b = second.span.extracting(0..<length)
        let c = third.span.extracting(0..<length)
        var y = result.mutableSpan
        if inner == 1 {
            forEachLane { lane in
                let (part, other) = (x.extracting(lane), z.extracting(lane))
                var target = y._mutatingExtracting(lane)
                for i in 0..<length { target[i] = f(part[i], other[i], a[i], b[i], c[i]) }
            }
        } else {
            forEachRow { place, row in
                let (p, q, r) = (a[place], b[place], c[place])
                let (part, other) = (x.extracting(row), z.extracting(row))
                var target = y._mutatingExtracting(row)
                for i in 0..<row.count { target[i] = f(part[i], other[i], p, q, r) }
            }
        }
        return result
    }

    /// Adds to each element the number that belongs to its place.
    func add<S: Scalar>(_ numbers: [S], to elements: inout [S]) {
        let b = numbers.span.extracting(0..<length)
        var y = elements.mutableSpan
        if inner == 1 {
            forEachLane { lane in
                var target = y._mutatingExtracting(lane)
                for i in 0..<length { target[i] += b[i] }
            }
        } else {
            forEachRow { place, row in
                let number = b[place]
                var target = y._mutatingExtracting(row)
                for i in 0..<row.count { target[i] += number }
            }
        }
    }

    /// For each place, the sum over all lanes of `term(x, z, a)`, where x and z are elements of two tensors and a is
    /// the number that belongs to the place.
    func sums<S: Scalar>(
        _ elements: [S],
        _ others: [S],
        _ numbers: [S],
        _ term: (S, S, S) -> S
    ) -> [S] {
        var sums = [S](repeating: .zero, count: length)
        let (x, z, a) = (elements.span, others.span, numbers.span.extracting(0..<length))
        var totals = sums.mutableSpan
        if inner == 1 {
            var target = totals._mutatingExtracting(0..<length)
            forEachLane { lane in
                let (part, other) = (x.extracting(lane), z.extracting(lane))
                for i in 0..<length { target[i] += term(part[i], other[i], a[i]) }
            }
        } else {
            forEachRow { place, row in
                let number = a[place]
                let (part, other) = (x.extracting(row), z.extracting(row))
                // Without checks, each of which would part the four sums that are added up side by side; the parts have
                // as many elements as the row.
                totals[place] += sum(row.count) { unsafe term(part[unchecked: $0], other[unchecked: $0], number) }
            }
        }
        return sums
    }

    /// For each place, the sum over all lanes.
    func sums<S: Scalar>(_ elements: [S]) -> [S] {
        sums(elements, elements, [S](repeating: .zero, count: length)) { x, _, _ in x }
    }

    /// Calls `body` with the elements of each lane, where they are neighbours.
    @inline(__always) private func forEachLane(_ body: (_ lane: Range<Int>) -> Void) {
        for lane in 0..<outer { body(lane * length..<(lane + 1) * length) }
    }

    /// Calls `body` for each run of neighbours that have the same place.
    @inline(__always) private func forEachRow(_ body: (_ place: Int, _ row: Range<Int>) -> Void) {
        var start = 0
        for _ in 0..<outer {
            for place in 0..<length {
                body(place, start..<start + inner)
                start += inner
            }
        }
    }
}
