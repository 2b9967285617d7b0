import Backprop
import GradientService
import Testing

/// Texts whose tensors are printed later, against the same texts printed at once.
@Suite struct AnswerTextTests {
    private static let shapes: [Shape] = [
        [4_096], [5_000], [3, 2_000], [2_000, 3], [5_000, 1], [1, 1, 7_001], [7, 11, 13, 5], [2, 3, 4, 5, 40],
        [1, 5_000, 1],
        [2, 3, 4, 5, 6, 7],
    ]

    private func write(_ writer: inout JSONWriter, _ form: TensorForm, _ shapes: [Shape]) {
        writer.beginObject()
        for (index, shape) in shapes.enumerated() {
            let elements = (0..<shape.count).map { $0 % 50 < 20 ? 0 : Double($0 % 977) / 7 - 60 }
            writer.name("double \(index)")
            writer.tensor(Tensor(shape: shape, elements: elements), as: form)
            writer.name("list")
            writer.beginArray()
            writer.tensor(Tensor(shape: shape, elements: elements.map { Float($0) }), as: form)
            writer.tensor(Tensor(shape: shape, elements: elements.map { $0 > 70 ? .nan : $0 }), as: form)
            writer.endArray()
        }
        writer.endObject()
        writer.endLine()
    }

    private func atOnce(_ form: TensorForm, _ shapes: [Shape]) -> [UInt8] {
        var writer = JSONWriter()
        write(&writer, form, shapes)
        return writer.take()
    }

    private func later(_ form: TensorForm, _ shapes: [Shape]) -> AnswerText {
        var writer = JSONWriter(defersTensors: true)
        write(&writer, form, shapes)
        return writer.takeAnswer()
    }

    @Test(arguments: TensorForm.allCases, [1, 3])
    func `a text printed later is the text printed at once`(_ form: TensorForm, _ cores: Int) {
        for shape in Self.shapes {
            let text = later(form, [shape])
            #expect(
                text.whole == nil && text.printed(with: SpareCores(cores: cores)) == atOnce(form, [shape]),
                "\(shape)"
            )
        }
    }

    /// Pieces end anywhere in the arrays, and in a base64 anywhere in its groups.
    @Test(arguments: TensorForm.allCases, [1, 63, 100, 997, 4_096, 65_537, 1 << 30])
    func `a text can be printed in pieces of any size`(_ form: TensorForm, _ size: Int) {
        let shapes = size < 997 ? [Self.shapes[2]] : Self.shapes
        let text = later(form, shapes)
        var printer = AnswerPrinter(text, spare: size % 2 == 0 ? SpareCores(cores: 2) : nil)
        var (printed, longest, isMore) = ([UInt8](), 0, true)
        while isMore {
            let before = printed.count
            isMore = printer.print(into: &printed, size)
            longest = max(longest, printed.count - before)
        }
        #expect(printer.isDone && printed == atOnce(form, shapes))
        #expect(longest <= size + 256, "a piece has \(longest) bytes")
        #expect(printed.count <= text.mostBytes)
    }

    @Test func `small tensors are printed at once, but not many of them`() {
        #expect(later(.nested, [[1_000]]).whole == atOnce(.nested, [[1_000]]), "below 64 KiB of text")
        let many = Array(repeating: [10, 10] as Shape, count: 500)
        let text = later(.nested, many)
        #expect(text.whole == nil && text.printed() == atOnce(.nested, many))
        let scalars = Array(repeating: [1] as Shape, count: 5_000)
        #expect(later(.nested, scalars).whole == atOnce(.nested, scalars))
    }

    @Test func `a piece of no room still goes on`() {
        let text = later(.base64, [[5_000]])
        var printer = AnswerPrinter(text, spare: nil)
        var (printed, steps) = ([UInt8](), 0)
        while printer.print(into: &printed, 1) { steps += 1 }
        #expect(printed == atOnce(.base64, [[5_000]]) && steps < printed.count)
    }
}
