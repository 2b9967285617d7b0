import Backprop

/// A derivation as a document, before it is known how it will be shown.
struct DerivationDocument: Sendable {
    /// The title.
    var title: String
    /// What follows, in order.
    var blocks: [Block] = []

    /// A part of the document.
    enum Block: Sendable, Equatable {
        case heading(Int, [Inline])
        case paragraph([Inline])
        /// A formula on a line of its own.
        case display(Formula)
        /// Numbered steps, each with what comes out of it.
        case steps([Step])
        case tensor(TensorView)
        case table(Table)
    }

    /// A part of a line.
    enum Inline: Sendable, Equatable {
        case text(String)
        case strong(String)
        case code(String)
        case math(Formula)
    }

    /// One step.
    struct Step: Sendable, Equatable {
        let words: [Inline]
        let formula: Formula
        let result: TensorView?
    }

    /// A table with a head.
    struct Table: Sendable, Equatable {
        let head: [String]
        let rows: [[[Inline]]]
    }
}

/// A tensor as it is shown: small ones by their numbers, slice by slice, others by what there is to say of them.
struct TensorView: Sendable, Equatable {
    /// What is shown of it.
    enum Content: Sendable, Equatable {
        /// The numbers as matrices, with the index of each where there are several.
        case slices([Slice])
        /// A sentence.
        case summary(String)
    }

    /// One matrix of a tensor.
    struct Slice: Sendable, Equatable {
        /// The indices that lead to it: `[0, 2]`.
        let label: String?
        let rows: [[String]]
    }

    /// What it is.
    let symbol: Formula
    let shape: Shape
    let content: Content

    /// Rows and columns of a matrix that is shown.
    private static let most = (rows: 20, columns: 16)
    /// Slices that are shown.
    private static let mostSlices = 6

    /// The view of a tensor.
    init<S: Scalar>(_ symbol: Formula, _ tensor: Tensor<S>) {
        self.symbol = symbol
        shape = tensor.shape
        let dimensions = tensor.shape.dimensions
        let columns = dimensions.last ?? 1
        let rows = dimensions.count > 1 ? dimensions[dimensions.count - 2] : 1
        let slices = tensor.count / (rows * columns)
        guard columns <= Self.most.columns, rows <= Self.most.rows, slices <= Self.mostSlices else {
            let nonzero = tensor.elements.count { $0.value != 0 }
            let summary = ComputationalGraph.Summary(tensor)
            content = .summary(
                "\(tensor.count) numbers, \(nonzero) of them not 0, from \(ShortNumber.text(summary.minimum)) to "
                    + ShortNumber.text(summary.maximum)
            )
            return
        }
        let outer = Shape(Array(dimensions.dropLast(2)))
        content = .slices(
            (0..<slices).map { slice in
                let numbers = tensor.elements[(slice * rows * columns)..<((slice + 1) * rows * columns)]
                let texts = numbers.map { ShortNumber.text($0.value) }
                let index = zip(outer.strides, outer.dimensions).map { slice / $0 % $1 }
                return Slice(
                    label: slices == 1 ? nil : "[" + index.map(String.init).joined(separator: ", ") + "]",
                    rows: (0..<rows).map { Array(texts[($0 * columns)..<(($0 + 1) * columns)]) }
                )
            }
        )
    }

    /// The view of a tensor that is not shown.
    init(_ symbol: Formula, _ shape: Shape, _ pattern: JacobianPattern) {
        self.symbol = symbol
        self.shape = shape
        content = .summary("too large to be shown; \(pattern.words)")
    }

    /// The view of what a derivation shows.
    init<S: Scalar>(_ symbol: Formula, _ display: Derivation<S>.Display) {
        switch display {
        case .values(let tensor): self.init(symbol, tensor)
        case .pattern(let shape, let pattern): self.init(symbol, shape, pattern)
        }
    }
}

extension JacobianPattern {
    /// The pattern in words.
    fileprivate var words: String {
        switch self {
        case .zero: "every entry is zero"
        case .diagonal: "only the diagonal is not zero"
        case .block: "only blocks of it are not zero: each output depends on a part of the variable"
        case .dense: "most entries are not zero"
        }
    }
}
