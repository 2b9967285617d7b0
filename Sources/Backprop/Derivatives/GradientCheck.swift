/// How gradients are checked against differences, and by which measure they pass.
///
/// An entry passes if |a − n| ≤ absolute + relative · max(|a|, |n|), a being the analytic derivative and n the central
/// difference (f(x + h) − f(x − h)) / 2h.
public struct GradientCheck: Sendable {
    /// The step h for an entry within −1…1, and in proportion for a larger one.
    ///
    /// Where none is chosen it is 1e-6, or as much more as keeps the rounding of f below the absolute tolerance.
    public var epsilon: Double?
    /// The tolerance in proportion to the derivative.
    public var relativeTolerance = 1e-5
    /// The tolerance beside it.
    public var absoluteTolerance = 1e-7
    /// How many entries of a tensor are tried; all of them where it has no more.
    public var samples = 64
    /// What the entries are drawn by; the same seed draws the same ones.
    public var seed = 0

    /// The defaults.
    public init() {}

    /// How far a derivative may lie from the difference.
    func bound(_ a: Double, _ n: Double) -> Double { absoluteTolerance + relativeTolerance * max(abs(a), abs(n)) }

    /// How far it does, in proportion to ``bound(_:_:)``.
    func excess(_ a: Double, _ n: Double) -> Double {
        let (error, bound) = (distance(a, n), bound(a, n))
        return error == 0 ? 0 : bound.isFinite ? error / bound : .infinity
    }

    /// The step for entries within −1…1, for an objective of the given value.
    func step(objective: Double) -> Double {
        if let epsilon { return epsilon }
        let noise = roundings * abs(objective).ulp
        guard noise.isFinite, absoluteTolerance > 0 else { return 1e-6 }
        return min(max(1e-6, noise / absoluteTolerance), 1e-3)
    }

    /// How many units in the last place of the objective a difference of two values may be off.
    var roundings: Double { 8 }
}

/// What a gradient check found.
public struct GradientReport: Sendable {
    /// One entry of a variable, with its derivative in two ways.
    public struct Entry: Sendable {
        /// Which one, by row-major position.
        public let position: Int
        /// The derivative that is checked.
        public let analytic: Double
        /// The central difference.
        public let numeric: Double
        /// Whether the differences to either side disagree, so that the derivative is one of several.
        public let isNearKink: Bool
        /// |a − n| over what is tolerated.
        public let excess: Double

        /// Whether the derivative agrees with the difference; near a kink it can't fail.
        public var passes: Bool { isNearKink || excess <= 1 }

        /// |a − n|; 0 where both are the same infinity, or both are not numbers.
        public var absoluteError: Double { distance(analytic, numeric) }

        /// |a − n| in proportion to the larger of the two.
        public var relativeError: Double {
            let error = absoluteError
            return error == 0 || error == .infinity ? error : error / max(abs(analytic), abs(numeric))
        }
    }

    /// The entries tried of one variable.
    public struct OfVariable: Sendable {
        /// Which variable.
        public let variable: Variable
        /// Its shape.
        public let shape: Shape
        /// How many entries were tried.
        public private(set) var checked = 1
        /// How many of them are near a kink.
        public private(set) var nearKinks: Int
        /// The largest |a − n|.
        public private(set) var maximumAbsoluteError: Double
        /// The largest |a − n| in proportion to the larger of the two.
        public private(set) var maximumRelativeError: Double
        /// The entry that says most: one that fails before one near a kink, then by ``Entry/excess``.
        public private(set) var worst: Entry

        /// Whether every entry tried passes.
        public var passes: Bool { worst.passes }

        init(_ variable: Variable, _ shape: Shape, first entry: Entry) {
            self.variable = variable
            self.shape = shape
            nearKinks = entry.isNearKink ? 1 : 0
            maximumAbsoluteError = entry.absoluteError
            maximumRelativeError = entry.relativeError
            worst = entry
        }

        mutating func add(_ entry: Entry) {
            checked += 1
            if entry.isNearKink { nearKinks += 1 }
            maximumAbsoluteError = max(maximumAbsoluteError, entry.absoluteError)
            maximumRelativeError = max(maximumRelativeError, entry.relativeError)
            if entry.saysMore(than: worst) { worst = entry }
        }
    }

    /// Each variable checked, in the order of the network's inputs and then its parameters.
    public let variables: [OfVariable]

    /// Whether every entry tried passes.
    public var passes: Bool { variables.allSatisfy(\.passes) }

    /// The variables, worst first: those that fail, then by ``Entry/excess``.
    public var ranking: [OfVariable] {
        // Equal ones keep their order, so that the same request gives the same answer.
        variables.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.passes != b.passes { return b.passes }
            return a.worst.excess == b.worst.excess ? left.offset < right.offset : a.worst.excess > b.worst.excess
        }.map(\.element)
    }
}

/// |a − b|; 0 where both are the same infinity, or both are not numbers; infinite where only one of them is a number.
private func distance(_ a: Double, _ b: Double) -> Double {
    if a == b || (a.isNaN && b.isNaN) { return 0 }
    let difference = abs(a - b)
    return difference.isNaN ? .infinity : difference
}

extension GradientReport.Entry {
    init(position: Int, analytic: Double, numeric: Double, isNearKink: Bool, _ check: GradientCheck) {
        self.position = position
        self.analytic = analytic
        self.numeric = numeric
        self.isNearKink = isNearKink
        excess = check.excess(analytic, numeric)
    }

    fileprivate func saysMore(than other: GradientReport.Entry) -> Bool {
        if passes != other.passes { return other.passes }
        if isNearKink != other.isNearKink { return isNearKink }
        return excess > other.excess
    }
}
