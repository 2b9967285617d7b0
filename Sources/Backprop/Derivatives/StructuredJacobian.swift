/// A layer's Jacobian in the few numbers that make it up, where the layer knows its structure.
///
/// As a matrix it is (|output|, |operand|), both flattened row-major.
public enum StructuredJacobian<S: Scalar> {
    /// ∂yᵢ/∂xᵢ along the diagonal and zero elsewhere.
    case diagonal([S])
    /// Matrices one below the other, each with the same block a number of times along its diagonal.
    case stack(Blocks)

    /// The blocks of a stack.
    public struct Blocks {
        /// The entries of one block for each matrix of the stack, row-major and one after another.
        let entries: [S]
        /// The rows of a block.
        let rows: Int
        /// The columns of a block.
        let columns: Int
        /// How many times a block stands along the diagonal of its matrix.
        let copies: Int
    }

    /// The pattern of its nonzeros.
    var pattern: JacobianPattern {
        switch self {
        case .diagonal(let entries): return entries.allSatisfy { $0.value == 0 } ? .zero : .diagonal
        case .stack(let blocks):
            if blocks.entries.allSatisfy({ $0.value == 0 }) { return .zero }
            if blocks.copies == 1 { return .dense }
            return blocks.entries.count == 1 ? .diagonal : .block
        }
    }

    /// All entries, row-major.
    @specialized(where S == Double)
    @specialized(where S == Float)
    func entries() -> [S] {
        switch self {
        case .diagonal(let diagonal):
            var matrix = [S](repeating: .zero, count: diagonal.count * diagonal.count)
            for i in diagonal.indices { matrix[i * diagonal.count + i] = diagonal[i] }
            return matrix
        case .stack(let blocks):
            let size = blocks.rows * blocks.columns
            let width = blocks.copies * blocks.columns
            var matrix = [S](repeating: .zero, count: blocks.entries.count * blocks.copies * blocks.copies)
            var target = matrix.mutableSpan
            let source = blocks.entries.span
            var row = 0
            for start in stride(from: 0, to: blocks.entries.count, by: size) {
                for copy in 0..<blocks.copies {
                    for i in 0..<blocks.rows {
                        for j in 0..<blocks.columns {
                            target[row * width + copy * blocks.columns + j] = source[start + i * blocks.columns + j]
                        }
                        row += 1
                    }
                }
            }
            return matrix
        }
    }
}

/// Where a Jacobian's entries are not zero.
public enum JacobianPattern: String, Sendable, CaseIterable {
    /// Nowhere.
    case zero
    /// On the diagonal alone.
    case diagonal
    /// In blocks: an output depends on a part of the variable alone.
    case block
    /// More or less everywhere.
    case dense
}
