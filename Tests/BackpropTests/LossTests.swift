import Backprop
import Testing

struct LossPoint: Sendable, CustomTestStringConvertible {
    let type: any Loss.Type
    let index: Int
    let example: LossExample

    var testDescription: String { "\(type.type), example \(index)" }

    static let all = Catalogue.losses.flatMap { type in
        type.examples.enumerated().map { LossPoint(type: type, index: $0, example: $1) }
    }

    func make() -> any Loss {
        var values = FieldValues(defaultsOf: type.fields)
        for (name, value) in example.fields { values.set(name, value) }
        return type.init(values)
    }
}

@Suite struct LossTests {
    @Test(arguments: LossPoint.all)
    func `an example fits its own loss`(at point: LossPoint) {
        var faults: [OperandShapes.Fault] = []
        point.make().check(output: point.example.output.shape, faults: &faults)
        #expect(faults.isEmpty)
        for name in point.example.fields.keys { #expect(point.type.fields.contains { $0.name == name }) }
    }

    @Test(arguments: LossPoint.all)
    func `gradients agree with central differences and with forward mode`(at point: LossPoint) {
        let loss = point.make()
        let output = point.example.output
        let gradient = Double.entries.loss(loss, output).gradient()
        #expect(gradient.shape == output.shape)
        let step = 1e-6
        for element in output.elements.indices {
            let moved = { (distance: Double) -> Double in
                let elements = output.elements.replacing(element, output.elements[element] + distance)
                return loss.forwardDouble(Tensor(shape: output.shape, elements: elements)).value
            }
            let numeric = (moved(step) - moved(-step)) / (2 * step)
            #expect(agree(gradient.elements[element], numeric, absolute: 1e-7, relative: 1e-6))
            let direction = basis(output.shape, element)
            let dual = Tensor(
                shape: output.shape,
                elements: zip(output.elements, direction.elements).map { Dual($0, tangent: $1) }
            )
            let tangent = loss.forwardDual(dual).value.tangent
            #expect(agree(gradient.elements[element], tangent, absolute: 1e-12, relative: 1e-10))
        }
    }

    /// The examples' losses by the formulas of PyTorch's documentation, written down once more in NumPy.
    @Test(arguments: [
        ("mse", [2.0444793418202125, 13.99121758059923]),
        ("l1", [1.301855750275939, 9.75724670596757]),
        ("smooth_l1", [0.8405622347650242, 8.218506230772746]),
        ("huber", [0.8405622347650242, 3.287402492309099]),
        ("nll", [-0.6198520503736022, 0.32105190923249183, 0.20588337100159748]),
        ("cross_entropy", [0.9190817039788739, 1.4174580353992081, 7.445644514714156, 1.5827224487509919]),
        ("bce", [1.0447991294480463, 12.108631197595688]),
        ("bce_with_logits", [0.5557140124672783, 5.471682728955339]),
        ("kl_div", [-0.49700667629654394, -1.079160309039907, 14.29717100357367]),
        ("poisson_nll", [1.085283356467319, 11.51322814903606]),
        ("gaussian_nll", [6.944810321328657, 24.77038497347064]),
        ("hinge_embedding", [0.9990194381664005, -1.220591798505591]),
    ])
    func `examples have the values of the formulas`(_ type: String, _ values: [Double]) throws {
        let points = LossPoint.all.filter { $0.type.type == type }
        #expect(points.count == values.count)
        for (point, value) in zip(points, values) {
            let loss = point.make().forwardDouble(point.example.output).value
            #expect(agree(loss, value, absolute: 0, relative: 1e-14), "\(loss) and \(value)")
        }
    }

    @Test(arguments: Catalogue.losses.map(Named.init))
    func `a loss states all that is asked of it`(_ loss: Named) {
        let type = loss.type
        #expect(
            !type.examples.isEmpty && !type.summary.isEmpty && !type.formula.isEmpty && !type.gradientFormula.isEmpty
        )
        #expect(type.fields.contains { $0.name == "target" } && type.fields.contains { $0.name == "reduction" })
        for field in type.fields {
            #expect(field.doc.hasSuffix("."))
            #expect(type.examples.contains { $0.fields[field.name] != nil }, "\(field.name) stands in no example")
        }
    }

    struct Named: Sendable, CustomTestStringConvertible {
        let type: any Loss.Type
        var testDescription: String { type.type }
    }
}
