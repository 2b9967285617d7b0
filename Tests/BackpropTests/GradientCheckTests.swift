import Backprop
import Testing

@Suite struct GradientCheckTests {
    /// One entry-wise layer at some points, each output entry weighted by a number of its own.
    private func report(
        _ type: String,
        at points: [Double],
        claims: [Double]? = nil,
        _ configure: (inout GradientCheck) -> Void = { _ in }
    ) throws -> GradientReport {
        let shape = Shape([points.count])
        let definition = NetworkDefinition(inputs: [.init("input", shape)], layers: [LayerDefinition(type)])
        let network = try #require(Network.check(definition).network)
        var check = GradientCheck()
        configure(&check)
        var claimed: VariableTensors<Double>?
        if let claims {
            claimed = VariableTensors(of: network)
            claimed?[.input(0)] = Tensor(shape: shape, elements: claims)
        }
        return try network.runCheck(
            check,
            of: Objective(weights: Tensor(shape: shape, repeating: 1)),
            inputs: [Tensor(shape: shape, elements: points)],
            parameters: [],
            claims: claimed
        )
    }

    @Test(arguments: ["tanh", "sigmoid", "relu"])
    func `right gradients pass`(_ type: String) throws {
        let report = try report(type, at: [-1.25, 0.5, 2, -0.75])
        #expect(report.passes)
        #expect(report.variables[0].checked == 4 && !report.variables[0].worst.isNearKink)
    }

    @Test(arguments: [0, 3e-7, -3e-7, 9.9e-7, -9.9e-7])
    func `a kink within the step is recognised and can't fail`(_ point: Double) throws {
        let report = try report("relu", at: [point, 1.5])
        #expect(report.passes)
        let worst = report.variables[0].worst
        #expect(abs(point) > 9e-7 || worst.isNearKink && worst.position == 0)
    }

    @Test func `curvature is no kink`() throws {
        // At its inflection the sides of tanh agree; elsewhere they differ by the second derivative times the step.
        let report = try report("tanh", at: [-1.25, 0.5, 2, -0.75], claims: [0.28, 0.79, 0.07, 0.6])
        #expect(!report.passes && !report.variables[0].worst.isNearKink)
    }

    @Test func `one wrong entry of many is tried`() throws {
        let points = (0..<5000).map { 0.001 * Double($0) - 2.5 }
        var slopes = points.map { $0 > 0 ? 1.0 : 0 }
        slopes[4321] = 1.5
        let report = try report("relu", at: points, claims: slopes) { $0.samples = 3 }
        #expect(report.variables[0].checked == 3)
        #expect(!report.passes && report.variables[0].worst.position == 4321)
    }

    @Test func `the same seed tries the same entries`() throws {
        let points = (0..<500).map { 0.01 * Double($0) - 2.5 }
        let worst = try [1, 1, 2].map { seed in
            try report("tanh", at: points) { check in
                check.samples = 5
                check.seed = seed
            }.variables[0].worst.position
        }
        #expect(worst[0] == worst[1] && worst[0] != worst[2])
    }

    @Test func `a large objective does not drown small gradients`() throws {
        // The sum is some 10^5, and its last place is coarser than the tolerance at a step of 1e-6.
        let report = try report("relu", at: [98_765.4321, 0.5, 0.25])
        #expect(report.passes)
    }

    @Test func `an entry that is not finite is passed over`() throws {
        let report = try report("sigmoid", at: [.infinity, 0.5])
        #expect(report.passes && report.variables[0].checked == 1)
    }

    @Test func `a chosen step is kept`() throws {
        let report = try report("tanh", at: [0.5]) { $0.epsilon = 0.1 }
        #expect(!report.passes && abs(report.variables[0].worst.absoluteError) > 1e-4)
    }
}
