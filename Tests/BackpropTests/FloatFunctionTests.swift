import Backprop
import Foundation
import Testing

/// Functions of float32 that run in vectors, against libm's of float64.
@Suite struct FloatFunctionTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let function: @Sendable (Float) -> Float
        let exact: @Sendable (Double) -> Double
        /// How far off the worst result is, in units of the last place.
        let bound: Double
        /// The layer that computes it.
        let layer: String

        static let all = [
            Function(testDescription: "exp", function: Float.exp, exact: { exp($0) }, bound: 0.9904, layer: "exp"),
            Function(
                testDescription: "expm1",
                function: Float.expMinusOne,
                exact: { expm1($0) },
                bound: 1.569,
                layer: "elu"
            ),
            Function(testDescription: "tanh", function: Float.tanh, exact: { tanh($0) }, bound: 2.42, layer: "tanh"),
        ]
    }

    /// The distance in units of the last place of the float nearest to `exact`.
    private func distance(_ value: Float, _ exact: Double) -> Double {
        let nearest = Float(exact)
        if exact.isNaN || value.isNaN || nearest.isInfinite || value.isInfinite {
            return exact.isNaN && value.isNaN || value == nearest ? 0 : .infinity
        }
        return abs(Double(value) - exact) / Double(max(nearest.magnitude, .leastNormalMagnitude).ulp)
    }

    @Test(arguments: Function.all)
    func `every thousandth number is within the bound`(_ function: Function) {
        var worst = (distance: 0.0, at: Float(0))
        for pattern in stride(from: UInt64(0), through: 0xFFFF_FFFF, by: 1_009) {
            let x = Float(bitPattern: UInt32(pattern))
            let distance = distance(function.function(x), function.exact(Double(x)))
            if distance > worst.distance { worst = (distance, x) }
        }
        #expect(worst.distance <= function.bound, "\(worst)")
    }

    @Test(arguments: Function.all)
    func `what is not a usual number is what libm makes of it`(_ function: Function) {
        let smallest = Float.leastNonzeroMagnitude
        let unusual: [Float] = [
            .nan, .infinity, -.infinity, 0, -0.0, smallest, -smallest, .leastNormalMagnitude, 88.722_84, 88.722_85,
            -87.336_55, -103.972_08, -103.972_09, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        ]
        for x in unusual {
            let (value, exact) = (function.function(x), Float(function.exact(Double(x))))
            #expect(value == exact || (value.isNaN && exact.isNaN) || abs(value - exact) <= 2 * exact.ulp, "\(x)")
            #expect(value.isNaN || value.sign == exact.sign, "\(x)")
        }
    }

    /// In arrays of every length around those of vectors, each number becomes what it becomes alone.
    @Test(arguments: Function.all)
    func `a value does not depend on where it stands`(_ function: Function) throws {
        // What is negative, since elu leaves the rest as it is.
        let numbers = (0..<67).map { -0.05 * Float($0) - 0.01 }
        for length in 1...67 {
            let x = Tensor(shape: [length], elements: Array(numbers.suffix(length)))
            let y = try Single(type: function.layer, inputs: [x.shape]).pass([x], [:]).output
            #expect(y.elements.map(\.bitPattern) == x.elements.map { function.function($0).bitPattern })
        }
    }
}
