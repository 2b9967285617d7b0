/// A tensor seen along one dimension: `outer` × `length` × `inner` elements, a lane being `length` elements that lie
/// `inner` apart.
struct Lanes: Sendable {
    let outer: Int
    let length: Int
    let inner: Int

    /// The lanes of `shape` along dimension `dim`; a scalar is one lane of one element.
    init(_ shape: Shape, along dim: Int) {
        outer = shape.dimensions.prefix(dim).reduce(1, *)
        length = shape.rank == 0 ? 1 : shape[dim]
        inner = shape.dimensions.dropFirst(dim + 1).reduce(1, *)
    }

    /// Calls `body` with the position of each lane's first element; the next lie `inner` further each.
    @inline(__always) func forEach(_ body: (_ start: Int) -> Void) {
        for block in 0..<outer {
            for offset in 0..<inner { body(block * length * inner + offset) }
        }
    }
}
