import Backprop
import GradientService
import Testing

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.take(), as: UTF8.self)
    }

    /// Numbers are printed in pieces, which end and begin anywhere in the arrays.
    @Test(arguments: [
        [1], [257], [2, 300], [300, 1], [1, 1, 1], [5, 7, 11], [3, 1, 1, 1, 2], [2, 3, 4, 5, 6], [256, 16],
        [5, 400],
    ])
    func `a tensor of any shape is nested as it should be`(_ dimensions: [Int]) {
        let count = dimensions.reduce(1, *)
        // Long runs of zeros are written in a way of their own.
        let elements = (0..<count).map { $0 % 400 < 300 ? 0 : Double($0 % 3) * 0.5 }
        let tensor = Tensor(shape: Shape(dimensions), elements: elements)
        func nested(_ range: Range<Int>, _ lengths: ArraySlice<Int>) -> String {
            guard let length = lengths.first else { return "\(tensor.elements[range.lowerBound])" }
            let size = range.count / length
            let parts = (0..<length).map { part in
                let start = range.lowerBound + part * size
                return nested(start..<start + size, lengths.dropFirst())
            }
            return "[\(parts.joined(separator: ","))]"
        }
        #expect(text { $0.tensor(tensor, as: .nested) } == nested(0..<count, dimensions[...]))
    }

    @Test func `objects and arrays get their commas`() {
        let text = text { writer in
            writer.beginObject()
            writer.name("a")
            writer.null()
            writer.name("b")
            writer.beginArray()
            writer.bool(true)
            writer.bool(false)
            writer.integer(-7)
            writer.number(1.5)
            writer.number(Float(0.1))
            writer.string("x")
            writer.beginArray()
            writer.endArray()
            writer.beginObject()
            writer.endObject()
            writer.raw(Array("[0]".utf8))
            writer.endArray()
            writer.name("c")
            writer.integers([1, 2, 3])
            writer.endObject()
        }
        #expect(text == #"{"a":null,"b":[true,false,-7,1.5,0.1,"x",[],{},[0]],"c":[1,2,3]}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#), ("\u{8}\u{9}\n\u{C}\r", #""\b\t\n\f\r""#),
        ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""), ("é€😀", "\"é€😀\""),
    ])
    func `strings are escaped as little as RFC 8259 allows`(value: String, written: String) throws {
        #expect(text { $0.string(value) } == written)
        var reader = JSONReader(Array(written.utf8))
        #expect(try reader.string() == value)
        #expect(
            text { writer in
                writer.beginObject()
                writer.name(value)
                writer.null()
                writer.endObject()
            } == "{\(written):null}"
        )
    }

    @Test(
        arguments: [
            ([], [7], .nested, "7.0"),
            ([3], [1, 2, 3], .nested, "[1.0,2.0,3.0]"),
            ([2, 2], [1, 2, 3, .nan], .nested, "[[1.0,2.0],[3.0,\"NaN\"]]"),
            ([2, 1, 2], [1, 2, 3, 4], .nested, "[[[1.0,2.0]],[[3.0,4.0]]]"),
            ([1, 1, 1, 1, 2], [1, 2], .nested, "[[[[[1.0,2.0]]]]]"),
            ([1, 1, 1, 1, 1, 2], [1, 2], .nested, #"{"shape":[1,1,1,1,1,2],"data":[1.0,2.0]}"#),
            ([], [7], .flat, #"{"shape":[],"data":[7.0]}"#),
            ([2, 2], [1, 2, 3, -.infinity], .flat, #"{"shape":[2,2],"data":[1.0,2.0,3.0,"-Infinity"]}"#),
            ([], [1], .base64, #"{"shape":[],"dtype":"float64","base64":"AAAAAAAA8D8="}"#),
            ([2], [1, 2], .base64, #"{"shape":[2],"dtype":"float64","base64":"AAAAAAAA8D8AAAAAAAAAQA=="}"#),
        ] as [([Int], [Double], TensorForm, String)]
    )
    func `a tensor is written in its form`(shape: [Int], elements: [Double], form: TensorForm, written: String) {
        #expect(text { $0.tensor(Tensor(shape: Shape(shape), elements: elements), as: form) } == written)
    }

    @Test func `base64 of float32 says so`() {
        let tensor = Tensor<Float>(shape: [1, 2], elements: [1, 2])
        #expect(
            text { $0.tensor(tensor, as: .base64) } == #"{"shape":[1,2],"dtype":"float32","base64":"AACAPwAAAEA="}"#
        )
    }

    @Test(arguments: TensorForm.allCases)
    func `what is written is read again, in every form and shape`(form: TensorForm) throws {
        func check<Element: Checkable>(_: Element.Type) throws {
            var generator = Seeded(state: 6)
            for shape: Shape in [
                [], [1], [300], [1, 1], [7, 11], [3, 1, 5], [2, 3, 4, 5], [2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 2, 3],
            ] {
                let elements = (0..<shape.count).map { _ in Element(bits: generator.next()) }
                    .map { $0.isFinite ? $0 : .infinity }
                let tensor = Tensor(shape: shape, elements: elements)
                var writer = JSONWriter(capacity: 0)
                writer.tensor(tensor, as: form)
                var reader = JSONReader(writer.take())
                let back = try reader.tensor(of: Element.self).get()
                #expect(back.tensor == tensor)
                #expect(back.form == (form == .nested && shape.rank > 5 ? .flat : form))
                try reader.finish()
            }
        }
        try check(Double.self)
        try check(Float.self)
    }

    @Test(
        arguments: [([0], "[]"), ([2, 0], "[[],[]]"), ([0, 2], "[]"), ([1, 2, 0], "[[[],[]]]")] as [(Shape, String)]
    )
    func `a tensor without elements keeps its outer lengths`(shape: Shape, written: String) {
        #expect(text { $0.tensor(Tensor<Double>(shape: shape, elements: []), as: .nested) } == written)
    }

    @Test(arguments: [
        ("1.0", "1.0", "a scalar"),
        (
            #"{"a":{},"b":[],"c":null}"#, "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": null\n}",
            "what is empty stays together"
        ),
        ("[[1.0,2.0],[\"NaN\",4.0]]", "[\n  [1.0, 2.0],\n  [\"NaN\", 4.0]\n]", "so does a row"),
        ("[1.0,{\"a\":[2.0]}]", "[\n  1.0,\n  {\n    \"a\": [2.0]\n  }\n]", "but not an array with an object in it"),
        (
            #"{"a\"[,:{":["x,]:[\\","y\""]}"#, "{\n  \"a\\\"[,:{\": [\"x,]:[\\\\\", \"y\\\"\"]\n}",
            "strings are left alone"
        ),
    ])
    func `a text can be laid out for reading`(compact: String, laidOut: String, why: String) throws {
        let indented = JSONIndenter.indented(Array(compact.utf8))
        #expect(String(decoding: indented, as: UTF8.self) == laidOut)
        try check(indented)
    }
}
