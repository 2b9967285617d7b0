/// A differentiable operation: a pure function of its operands, which are its inputs and then its parameters.
///
/// All that is known about a layer stands in its one file: fields, shape rule, forward pass with its pullback,
/// formulas and examples. A new layer is a new file and a line in ``Catalogue``.
///
/// An author writes `forward` once, generic over the scalar. The four entries below it exist so that the compiler
/// specialises that function for each scalar; nobody else calls them than `Scalar.evaluate`.
public protocol Layer: CatalogueEntry {
    /// How many inputs the layer takes.
    static var arity: Arity { get }

    /// How the output's shape follows from the operands', in words.
    static var shapeRule: String { get }

    /// The gradient with respect to each differentiable operand, as index and matrix form.
    static var gradients: [GradientFormula] { get }

    /// What the letters of the formulas stand for, where they are one of the layer's own tensors.
    static var letters: [String: FormulaLetter] { get }

    /// What further letters of the formulas stand for, which are kept because the formulas read better with them.
    static var legend: [(letter: String, meaning: FormulaLetter)] { get }

    /// The formulas as they read for a layer with these fields and operands of these shapes, `nil` for one left out.
    func formulas(operands: [Shape?]) -> LayerFormulas

    /// Settings and operands to test, benchmark and document the layer with: sizes pairwise different, a point on
    /// each side of every kink.
    static var examples: [LayerExample] { get }

    /// Makes the layer from fields that agree with its declaration.
    init(_ fields: FieldValues)

    /// The output's shape; `nil` where it can't be known, the faults found being added to `operands`.
    func shape(of operands: inout OperandShapes) -> Shape?

    /// Whether the layer takes integers (indices) as its input, for which there is no gradient.
    static var takesIndices: Bool { get }

    /// The number of rows of the table that index inputs point into, by the operands' shapes.
    func indexBound(of operands: [Shape]) -> Int?

    /// What the layer computes together along dimension `dim` of an input of the given shape: a softmax's own
    /// dimension, a window's, a sequence's; `nil` for none.
    ///
    /// What the shape rule shows need not be said again: a dimension that a weight's shape fixes, one that is summed
    /// away or joined to others.
    func mixing(along dim: Int, of input: Shape) -> Mixing?

    /// Whether each element of the output depends on the one input's element at the same row-major position alone.
    static var keepsPositions: Bool { get }

    /// The arithmetic of one forward pass and the memory it takes beyond operands and output.
    func work(operands: [Shape], output: Shape) -> Work

    /// The layer's value at the operands, with the pullback of cotangents.
    func forward<S: Scalar>(_ operands: Operands<S>) -> Evaluation<S>

    /// The Jacobian with respect to the operand at `position` in closed form; `nil` where the layer has none.
    func jacobian<S: Scalar>(at position: Int, _ operands: Operands<S>, output: Tensor<S>) -> StructuredJacobian<S>?

    /// `forward` for `Double`, specialised.
    func forwardDouble(_ operands: Operands<Double>) -> Evaluation<Double>
    /// `forward` for `Float`, specialised.
    func forwardFloat(_ operands: Operands<Float>) -> Evaluation<Float>
    /// `forward` for `Dual`, specialised.
    func forwardDual(_ operands: Operands<Dual>) -> Evaluation<Dual>
    /// `forward` for `Duals`, specialised.
    func forwardDuals(_ operands: Operands<Duals>) -> Evaluation<Duals>
}

/// What layers and losses have in common: a name on the wire, declared fields, a formula.
public protocol CatalogueEntry: Sendable {
    /// The name on the wire; PyTorch's functional name where it has one.
    static var type: String { get }

    /// One sentence that says what it does.
    static var summary: String { get }

    /// The declared fields; tensors that can be learnt among them are operands, in this order.
    static var fields: [Field] { get }

    /// The forward formula, in LaTeX.
    static var formula: String { get }
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Layer {
    public static var arity: Arity { .exactly(1) }
    public static var fields: [Field] { [] }
    public static var takesIndices: Bool { false }
    public static var letters: [String: FormulaLetter] { FormulaLetter.usual(fields) }
    public static var legend: [(letter: String, meaning: FormulaLetter)] { [] }
    public func formulas(operands: [Shape?]) -> LayerFormulas {
        LayerFormulas(formula: Self.formula, gradients: Self.gradients)
    }
    public func indexBound(of operands: [Shape]) -> Int? { nil }
    public func mixing(along dim: Int, of input: Shape) -> Mixing? { nil }
    public static var keepsPositions: Bool { false }
    public func work(operands: [Shape], output: Shape) -> Work {
        Work(operations: operands.reduce(Double(output.count)) { $0 + Double($1.count) })
    }

    public func jacobian<S: Scalar>(
        at position: Int,
        _ operands: Operands<S>,
        output: Tensor<S>
    ) -> StructuredJacobian<S>? {
        nil
    }

    @inlinable public func forwardDouble(_ operands: Operands<Double>) -> Evaluation<Double> { forward(operands) }
    @inlinable public func forwardFloat(_ operands: Operands<Float>) -> Evaluation<Float> { forward(operands) }
    @inlinable public func forwardDual(_ operands: Operands<Dual>) -> Evaluation<Dual> { forward(operands) }
    @inlinable public func forwardDuals(_ operands: Operands<Duals>) -> Evaluation<Duals> { forward(operands) }
}

/// What a layer computes together along a dimension.
public enum Mixing: Sendable {
    /// The samples of a batch, as batch normalisation does.
    case samples
    /// The parts of one sample, as a softmax does; without a batch such a dimension may be the first.
    case parts
}

/// How many inputs a layer takes.
public enum Arity: Sendable, Equatable {
    case exactly(Int)
    case atLeast(Int)
    /// One or three: attention on itself, or query, key and value.
    case oneOrThree

    /// Whether `count` inputs are as many as the layer takes.
    public func allows(_ count: Int) -> Bool {
        switch self {
        case .exactly(let wanted): count == wanted
        case .atLeast(let least): count >= least
        case .oneOrThree: count == 1 || count == 3
        }
    }
}

extension Arity: CustomStringConvertible {
    /// In words: `2 inputs`.
    public var description: String {
        switch self {
        case .exactly(1): "1 input"
        case .exactly(let count): "\(count) inputs"
        case .atLeast(let count): "\(count) inputs or more"
        case .oneOrThree: "1 input or 3"
        }
    }
}

/// The cost of evaluating a layer once.
public struct Work: Sendable {
    /// Multiply-adds, or what takes about as long.
    public var operations: Double
    /// Elements that are held beside operands and output while it runs or until its pullback has run.
    public var scratch: Double

    /// Makes a cost.
    public init(operations: Double, scratch: Double = 0) {
        self.operations = operations
        self.scratch = scratch
    }
}
