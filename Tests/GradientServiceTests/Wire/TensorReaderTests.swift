import Backprop
import GradientService
import Testing

/// Reads a tensor that is a whole text.
func read<Element: TextScalar>(
    _ text: String,
    as: Element.Type = Double.self,
    limits: TensorLimits = TensorLimits()
) throws -> Result<WrittenTensor<Element>, ValueFault> {
    var reader = JSONReader(Array(text.utf8))
    let result = try reader.tensor(of: Element.self, limits: limits)
    try reader.finish()
    return result
}

@Suite struct TensorReaderTests {
    /// A text, the tensor it is read as, and why it stands here.
    struct Row: Sendable {
        let text: String
        let tensor: Tensor<Double>
        let form: TensorForm

        init(_ text: String, _ shape: [Int], _ elements: [Double], _ form: TensorForm, _: String) {
            self.text = text
            tensor = Tensor(shape: Shape(shape), elements: elements)
            self.form = form
        }
    }

    static let rows = [
        Row("7.5", [], [7.5], .nested, "a scalar is a bare number"),
        Row("\"-Infinity\"", [], [-.infinity], .nested, "one that is not finite"),
        Row("[1, 2, 3]", [3], [1, 2, 3], .nested, "a vector"),
        Row("[[1,2],[3,4],[5,6]]", [3, 2], [1, 2, 3, 4, 5, 6], .nested, "a matrix"),
        Row("[ [ 1 , 2 ] ,\n[ 3 , 4 ]\t]", [2, 2], [1, 2, 3, 4], .nested, "white space everywhere"),
        Row(
            "[[[1,2],[3,4],[5,6]],[[7,8],[9,10],[11,12]]]",
            [2, 3, 2],
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            .nested,
            "rank 3"
        ),
        Row("[[[1]],[[\"NaN\"]]]", [2, 1, 1], [1, .nan], .nested, "a row that begins with a string"),
        Row(
            "[[\"NaN\",2],[3,\"Infinity\"],[5,6]]",
            [3, 2],
            [.nan, 2, 3, .infinity, 5, 6],
            .nested,
            "strings among numbers"
        ),
        Row("[\"\\u004eaN\"]", [1], [.nan], .nested, "an escape changes nothing"),
        Row("[-0.0, 0, -0]", [3], [-0.0, 0, -0.0], .nested, "zeros keep their signs"),
        Row(#"{"shape":[2,2],"data":[1,2,3,4]}"#, [2, 2], [1, 2, 3, 4], .flat, "flat"),
        Row(#"{"data":[1,2,"Infinity"],"shape":[3.0,1]}"#, [3, 1], [1, 2, .infinity], .flat, "in the other order"),
        Row(#"{"shape":[],"data":[-0.0]}"#, [], [-0.0], .flat, "a flat scalar"),
        Row(#"{"base64":"AACAPwAAAEA=","shape":[2],"dtype":"float32"}"#, [2], [1, 2], .base64, "base64 of float32"),
        Row(#"{"shape":[1],"base64":"AAAAAAAA8D8="}"#, [1], [1], .base64, "base64 is float64 if nothing else is said"),
        Row(#"{"shape":[],"base64":"AAAAAAAA8D8="}"#, [], [1], .base64, "a base64 scalar"),
        Row(#"{"shape":[1],"base64":"7FG4HoXr\/z8="}"#, [1], [1.995], .base64, "a slash may be escaped"),
    ]

    @Test(arguments: rows)
    func `every form is read`(row: Row) throws {
        let double = try read(row.text).get()
        #expect(double.tensor.shape == row.tensor.shape)
        #expect(double.tensor.elements.map(\.bitPattern) == row.tensor.elements.map(\.bitPattern))
        #expect(double.form == row.form)
        let float = try read(row.text, as: Float.self).get()
        #expect(float.tensor.shape == row.tensor.shape)
        #expect(float.tensor.elements.map(\.bitPattern) == row.tensor.elements.map { Float($0).bitPattern })
        #expect(float.form == row.form)
    }

    @Test(arguments: [
        (TensorForm.nested, 3, "#/1/0"), (.nested, 5, "#/1/2"), (.flat, 3, "#/data/3"), (.base64, 3, "#/base64"),
    ])
    func `an element's place depends on the form`(form: TensorForm, index: Int, pointer: String) {
        #expect(form.place(ofElement: index, in: [2, 3]).description == pointer)
        #expect(TensorForm.nested.place(ofElement: 0, in: []).description == "#")
    }

    @Test func `beyond float32 is infinite, beyond float64 a fault`() throws {
        #expect(
            try read("[1e39,-1e39,3.4028235e38]", as: Float.self).get().tensor.elements == [
                .infinity, -.infinity, .greatestFiniteMagnitude,
            ]
        )
        #expect(throws: ValueFault.self) { try read("[1e309]", as: Float.self).get() }
        #expect(try read("[1.7976931348623157e308]").get().tensor.elements == [.greatestFiniteMagnitude])
        #expect(throws: ValueFault.self) { try read("[1.7976931348623159e308]").get() }
    }

    /// A tensor's text whose elements are 1, 2, 3 and so on.
    ///
    /// - Parameters:
    ///   - shape: The lengths of the dimensions.
    ///   - change: Is given the values of each innermost row and may change them.
    /// - Returns: The text, with and without white space in turn.
    private func text(_ shape: Shape, change: (inout [String]) -> Void = { _ in }) -> String {
        var next = 0
        func text(_ lengths: ArraySlice<Int>) -> String {
            var values: [String] = []
            for _ in 0..<(lengths.first ?? 0) {
                if lengths.count > 1 {
                    values.append(text(lengths.dropFirst()))
                } else {
                    next += 1
                    values.append("\(next)")
                }
            }
            if lengths.count == 1 { change(&values) }
            return "[" + values.joined(separator: next.isMultiple(of: 2) ? "," : " , ") + "]"
        }
        return text(shape.dimensions[...])
    }

    /// All shapes of a rank with lengths from 1 to 3.
    private func shapes(ofRank rank: Int) -> [Shape] {
        (0..<rank).reduce([[]]) { shapes, _ in shapes.flatMap { shape in (1...3).map { shape + [$0] } } }.map(
            Shape.init
        )
    }

    /// Rows are read in runs whose bounds depend on their lengths, so every small shape is tried.
    @Test(arguments: 1...4)
    func `every small shape is read, and a wrong element of it found`(rank: Int) throws {
        for shape in shapes(ofRank: rank) {
            let whole = try read(text(shape)).get()
            #expect(whole.tensor == Tensor(shape: shape, elements: (1...shape.count).map(Double.init)))
            for index in 0..<shape.count {
                let faulty = text(shape) { row in row = row.map { $0 == "\(index + 1)" ? "\"x\"" : $0 } }
                let place = TensorForm.nested.place(ofElement: index, in: shape)
                #expect { try read(faulty).get() } throws: { ($0 as? ValueFault)?.pointer == place }
            }
        }
    }

    @Test(arguments: 2...4)
    func `in every small shape a row of another length is found`(rank: Int) throws {
        for shape in shapes(ofRank: rank) {
            let rows = Shape(shape.dimensions.dropLast())
            for odd in 1..<max(rows.count, 1) {
                let place = TensorForm.nested.place(ofElement: odd, in: rows)
                for isLonger in [false, true] {
                    var index = 0
                    let faulty = text(shape) { row in
                        if index == odd { if isLonger { row.append("0") } else { row.removeLast() } }
                        index += 1
                    }
                    #expect { try read(faulty).get() } throws: { ($0 as? ValueFault)?.pointer == place }
                }
            }
        }
    }
}
