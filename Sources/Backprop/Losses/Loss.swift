/// A function of the network's output and constants (the target among them) that gives one number.
///
/// As with ``Layer``, all of a loss stands in one file, `forward` is written once, and a new one is a line in
/// ``Catalogue``.
public protocol Loss: CatalogueEntry {
    /// ∂C/∂x for the network's output x, in LaTeX.
    static var gradientFormula: String { get }

    /// Settings and outputs to test and document the loss with.
    static var examples: [LossExample] { get }

    /// Makes the loss from fields that agree with its declaration.
    init(_ fields: FieldValues)

    /// Adds what does not fit an output of this shape to `faults`.
    func check(output: Shape, faults: inout [OperandShapes.Fault])

    /// The dimension of an output of this shape whose entries the loss takes together, as classes.
    func classDimension(of output: Shape) -> Int?

    /// The loss at the output, with its gradient there.
    func forward<S: Scalar>(_ output: Tensor<S>) -> LossEvaluation<S>

    /// `forward` for `Double`, specialised.
    func forwardDouble(_ output: Tensor<Double>) -> LossEvaluation<Double>
    /// `forward` for `Float`, specialised.
    func forwardFloat(_ output: Tensor<Float>) -> LossEvaluation<Float>
    /// `forward` for `Dual`, specialised.
    func forwardDual(_ output: Tensor<Dual>) -> LossEvaluation<Dual>
    /// `forward` for `Duals`, specialised.
    func forwardDuals(_ output: Tensor<Duals>) -> LossEvaluation<Duals>
}

// Documented at the requirements.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Loss {
    public func classDimension(of output: Shape) -> Int? { nil }

    @inlinable public func forwardDouble(_ output: Tensor<Double>) -> LossEvaluation<Double> { forward(output) }
    @inlinable public func forwardFloat(_ output: Tensor<Float>) -> LossEvaluation<Float> { forward(output) }
    @inlinable public func forwardDual(_ output: Tensor<Dual>) -> LossEvaluation<Dual> { forward(output) }
    @inlinable public func forwardDuals(_ output: Tensor<Duals>) -> LossEvaluation<Duals> { forward(output) }
}

/// A loss's value, and its gradient with respect to the network's output as a function still to be called.
public struct LossEvaluation<S: Scalar> {
    /// The loss.
    public let value: S
    /// Computes ∂C/∂output, of the output's shape.
    public let gradient: () -> Tensor<S>

    /// Makes an evaluation.
    @inlinable public init(_ value: S, gradient: @escaping () -> Tensor<S>) {
        self.value = value
        self.gradient = gradient
    }
}

/// An output and fields to test and document a loss with.
public struct LossExample: Sendable {
    /// The network's output.
    public let output: Tensor<Double>
    /// The fields that are given, the target among them.
    public let fields: [String: FieldValue]

    /// Makes an example.
    public init(_ output: Tensor<Double>, fields: [String: FieldValue]) {
        self.output = output
        self.fields = fields
    }
}

/// How a loss's entries become one number.
public enum Reduction: String, Sendable, CaseIterable {
    case mean, sum

    /// The declaration of the field.
    static let field = Field.optional(
        "reduction",
        .choice(allCases.map(\.rawValue)),
        standard: .choice("mean"),
        "Whether the entries are averaged or added."
    )

    /// Reads the field.
    init(_ fields: FieldValues) { self = Reduction(rawValue: fields.choice("reduction")) ?? .mean }

    /// What the sum of `count` entries is divided by.
    ///
    /// A division keeps results round that a multiplication by 1 / `count` would not.
    func divisor(_ count: Int) -> Double { self == .mean ? Double(count) : 1 }
}

extension Field {
    /// The target that the output is compared with.
    static func target(_ doc: String) -> Field { required("target", .constant, doc) }
}

extension FieldValues {
    /// The target, which every loss requires.
    var target: Tensor<Double> {
        guard let target = constant("target") else { preconditionFailure("target is declared as required") }
        return target
    }
}

/// Notes a fault where the target does not have the output's shape; nothing is broadcast.
func checkTarget(_ target: Tensor<Double>, has output: Shape, faults: inout [OperandShapes.Fault]) {
    guard target.shape != output else { return }
    let detail = "target must have the output's shape \(output); it is \(target.shape)"
    faults.append(OperandShapes.Fault(place: .field("target"), detail: detail))
}

/// Notes a fault at the first element that is not allowed, and answers whether there is one.
func checkElements(
    of field: String,
    _ tensor: Tensor<Double>,
    _ expected: String,
    faults: inout [OperandShapes.Fault],
    allows: (Double) -> Bool
) -> Bool {
    guard let position = tensor.elements.firstIndex(where: { !allows($0) }) else { return true }
    let detail = "\(expected); it is \(tensor.elements[position])"
    faults.append(OperandShapes.Fault(place: .element(field, position), detail: detail))
    return false
}
