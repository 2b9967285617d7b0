/// How the gradient with respect to one operand follows from the gradient g with respect to the output.
public struct GradientFormula: Sendable {
    /// `inputs[k]`, or the name of the parameter's field.
    public let variable: String
    /// The formula entry by entry, in LaTeX.
    public let index: String
    /// The formula for whole tensors, in LaTeX.
    public let matrix: String

    /// Makes a gradient's formula from its two forms.
    public init(_ variable: String, index: String, matrix: String) {
        self.variable = variable
        self.index = index
        self.matrix = matrix
    }
}

/// The formulas of a layer.
public struct LayerFormulas: Sendable {
    /// The forward formula, in LaTeX.
    public let formula: String
    /// The gradient with respect to each differentiable operand.
    public let gradients: [GradientFormula]

    /// Makes formulas.
    public init(formula: String, gradients: [GradientFormula]) {
        self.formula = formula
        self.gradients = gradients
    }

    /// The gradient with respect to the operand called `variable`; of many inputs the last one stated stands for the
    /// rest.
    public func gradient(_ variable: String) -> GradientFormula? {
        if let stated = gradients.first(where: { $0.variable == variable }) { return stated }
        return variable.hasPrefix("inputs[") ? gradients.last { $0.variable.hasPrefix("inputs[") } : nil
    }
}

/// The tensor that a letter of a layer's formulas stands for.
public enum FormulaLetter: Sendable, Equatable {
    case input(Int)
    case output
    /// ∂C/∂output.
    case gradient
    /// The parameter of this field.
    case parameter(String)

    /// x, y and g, and W or w and b where there are such fields.
    static func usual(_ fields: [Field]) -> [String: FormulaLetter] {
        var letters: [String: FormulaLetter] = ["x": .input(0), "y": .output, "g": .gradient]
        for field in fields where field.isParameter {
            switch field.name {
            case "weight":
                letters["W"] = .parameter("weight")
                letters["w"] = .parameter("weight")
            case "bias": letters["b"] = .parameter("bias")
            default: continue
            }
        }
        return letters
    }
}
