import Backprop
import Testing

/// What a batch means to layers: whether samples stay apart in it, and that it may be left out.
@Suite struct BatchTests {
    @Test(arguments: LayerPoint.all.filter { batchedRanks[$0.type.type] == $0.example.inputs[0].shape.rank })
    func `a sample by itself gives what it gives in a batch`(at point: LayerPoint) throws {
        let batched = try Single(point).output(point.example.inputs, point.example.parameters)
        for sample in 0..<batched.shape[0] {
            var single = Single(point)
            let inputs = point.example.inputs.map { $0.slice(sample) }
            single.inputs = inputs.map(\.shape)
            let output = try single.output(inputs, point.example.parameters)
            let expected = batched.slice(sample)
            #expect(output.shape == expected.shape)
            for (a, b) in zip(output.elements, expected.elements) {
                #expect(agree(a, b, absolute: 1e-13, relative: 1e-12))
            }
        }
    }
}

extension LayerPoint {
    /// The length of dimension 0, if it is the same for all inputs and more than 1.
    fileprivate var batch: Int? {
        let lengths = Set(example.inputs.map { $0.shape.dimensions.first ?? 1 })
        return lengths.count == 1 && lengths != [1] ? lengths.first : nil
    }
}

extension Single {
    /// The layer of an example.
    init(_ point: LayerPoint) {
        self.init(
            type: point.type.type,
            inputs: point.example.inputs.map(\.shape),
            parameters: point.example.parameters.mapValues(\.shape),
            fields: point.example.fields
        )
    }
}

extension Tensor {
    /// The part at one index of dimension 0.
    fileprivate func slice(_ index: Int) -> Tensor {
        let size = count / shape[0]
        let part = Array(elements[index * size..<(index + 1) * size])
        return Tensor(shape: shape[1..<shape.rank], elements: part)
    }
}
