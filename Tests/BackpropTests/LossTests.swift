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
