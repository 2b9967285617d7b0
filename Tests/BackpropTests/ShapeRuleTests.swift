import Backprop
import Testing

/// Shape rules with whatever a request may claim: nothing may trap, and nothing be allocated by the size claimed.
@Suite struct ShapeRuleTests {
    @Test(arguments: LayerPoint.all)
    func `a shape rule bears shapes of any size and rank`(at point: LayerPoint) {
        var values = FieldValues(defaultsOf: point.type.fields)
        for (name, value) in point.example.fields { values.set(name, value) }
        for name in point.example.parameters.keys { values.noteParameter(name) }
        let layer = point.type.init(values)
        var random = SplitMix(state: 3)
        let lengths = [1, 2, 3, 1 << 20, 1 << 31, 1 << 32, 1 << 62, .max - 1, .max]
        for round in 0..<400 {
            // The example's own rank at first, so that the rule comes far; then any.
            let claim = { (shape: Shape) -> Shape in
                let rank = round < 300 ? shape.rank : Int.random(in: 0...7, using: &random)
                return Shape(
                    (0..<rank).map { index in
                        let keeps = round < 300 && Bool.random(using: &random)
                        return keeps ? shape[index] : lengths.randomElement(using: &random) ?? 1
                    }
                )
            }
            let inputs = point.example.inputs.map { claim($0.shape) }
            let parameters = point.example.parameters.mapValues { claim($0.shape) }
            var operands = OperandShapes(inputs: inputs, parameters: parameters)
            let shape = layer.shape(of: &operands)
            #expect(shape != nil || !operands.faults.isEmpty, "\(inputs) \(parameters)")
        }
    }

    /// What is not known is not judged.
    @Test(arguments: LayerPoint.all)
    func `a shape rule bears unknown operands`(at point: LayerPoint) {
        var values = FieldValues(defaultsOf: point.type.fields)
        for (name, value) in point.example.fields { values.set(name, value) }
        for name in point.example.parameters.keys { values.noteParameter(name) }
        let layer = point.type.init(values)
        let shapes = point.example.parameters.mapValues(\.shape)
        for missing in [[String]](arrayLiteral: []) + shapes.keys.map({ [$0] }) {
            let parameters = shapes.filter { !missing.contains($0.key) }
            var unknown = OperandShapes(inputs: point.example.inputs.map { _ in nil }, parameters: parameters)
            _ = layer.shape(of: &unknown)
            #expect(unknown.faults.isEmpty)
            var partial = OperandShapes(inputs: point.example.inputs.map(\.shape), parameters: parameters)
            _ = layer.shape(of: &partial)
            #expect(partial.faults.isEmpty)
        }
    }
}
