import Backprop
import GradientService
import Testing

@Suite struct SpareCoresTests {
    @Test(
        arguments: [
            [40_000], [3, 20_000], [20_000, 3], [7, 11, 13, 50], [1, 1, 50_000], [5, 1, 2, 5_000], [50_000, 1],
        ]
    )
    func `several cores write what one writes`(_ lengths: [Int]) {
        let shape = Shape(lengths)
        let tensor = Tensor(shape: shape, elements: (0..<shape.count).map { Double($0 % 977) / 7 - 60 })
        #expect(text(tensor, on: 1) == text(tensor, on: 3))
    }

    private func text(_ tensor: Tensor<Double>, on cores: Int) -> [UInt8] {
        var writer = JSONWriter(spare: SpareCores(cores: cores))
        writer.beginArray()
        writer.tensor(tensor, as: .nested)
        writer.tensor(tensor, as: .nested)
        writer.endArray()
        return writer.take()
    }
}
