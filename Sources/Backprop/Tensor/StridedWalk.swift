/// A walk through a shape in row-major order, and along with it through one or two tensors that hold its elements in
/// another order, or fewer of them that repeat.
struct StridedWalk: Sendable {
    /// The lengths of the dimensions; neighbours that all tensors pass through evenly are joined to one.
    private let lengths: [Int]
    /// How far one step along each dimension moves in either tensor; 0 where it repeats.
    private let a: [Int]
    private let b: [Int]

    /// The walk through dimensions of the given lengths, one step along each of which moves by the given steps.
    init(_ lengths: [Int], _ a: [Int], _ b: [Int]? = nil) {
        var (walk, left, right): ([Int], [Int], [Int]) = ([], [], [])
        for index in lengths.indices where lengths[index] != 1 {
            let (length, aStep, bStep) = (lengths[index], a[index], b?[index] ?? 0)
            if let before = walk.indices.last, left[before] == aStep * length, right[before] == bStep * length {
                walk[before] *= length
                (left[before], right[before]) = (aStep, bStep)
            } else {
                walk.append(length)
                left.append(aStep)
                right.append(bStep)
            }
        }
        // A single element is a row as well.
        self.lengths = walk.isEmpty ? [1] : walk
        self.a = walk.isEmpty ? [0] : left
        self.b = walk.isEmpty ? [0] : right
    }

    /// The number of elements in a row, which is a part of the innermost dimension.
    var rowLength: Int { lengths[lengths.count - 1] }
    /// How far one step along a row moves in the first tensor.
    var aStep: Int { a[a.count - 1] }
    /// How far one step along a row moves in the second tensor.
    var bStep: Int { b[b.count - 1] }

    /// Calls `body` for each row with the positions of its first element in the shape and in both tensors.
    @inline(__always) func forEachRow(_ body: (_ position: Int, _ a: Int, _ b: Int) -> Void) {
        let outer = lengths.count - 1
        var counter = [Int](repeating: 0, count: outer)
        var (position, left, right) = (0, 0, 0)
        while true {
            body(position, left, right)
            position += lengths[outer]
            var index = outer - 1
            while index >= 0 {
                counter[index] += 1
                left += a[index]
                right += b[index]
                if counter[index] < lengths[index] { break }
                left -= a[index] * lengths[index]
                right -= b[index] * lengths[index]
                counter[index] = 0
                index -= 1
            }
            if index < 0 { return }
        }
    }
}
