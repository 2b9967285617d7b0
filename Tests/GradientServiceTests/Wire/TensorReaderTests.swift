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
    @Test(
        arguments: [
            ("7.5", [], [7.5], TensorForm.nested), ("\"-Infinity\"", [], [-.infinity], .nested),
            ("[1, 2, 3]", [3], [1, 2, 3], .nested), ("[[1,2],[3,4],[5,6]]", [3, 2], [1, 2, 3, 4, 5, 6], .nested),
            ("[[[1]],[[\"NaN\"]]]", [2, 1, 1], [1, .nan], .nested),
            (#"{"data":[1,2,"Infinity"],"shape":[3.0,1]}"#, [3, 1], [1, 2, .infinity], .flat),
            (#"{"shape":[],"data":[-0.0]}"#, [], [-0.0], .flat),
            (#"{"base64":"AACAPwAAAEA=","shape":[2],"dtype":"float32"}"#, [2], [1, 2], .base64),
            (#"{"shape":[1],"base64":"AAAAAAAA8D8="}"#, [1], [1], .base64),
        ] as [(String, [Int], [Double], TensorForm)]
    )
    func `every form is read`(text: String, shape: [Int], elements: [Double], form: TensorForm) throws {
        let read = try read(text).get()
        #expect(read.tensor.shape == Shape(shape))
        #expect(read.tensor.elements.map(\.bitPattern) == elements.map(\.bitPattern))
        #expect(read.form == form)
    }

    @Test(arguments: [
        ("[[1,2],[3]]", "#/1", "short row"), ("[[1,2],[3,4,5]]", "#/1", "long row"), ("[]", "#", "empty"),
        ("[[],[]]", "#", "empty rows"), ("[[1],2]", "#/1", "a number among rows"), ("[1,[2]]", "#/1", "the reverse"),
        ("[[[1,2],[3,4]],[[5,6],[7]]]", "#/1/1", "deep"), ("[1,null]", "#/1", "null"),
        ("[[1,\"nan\"]]", "#/0/1", "nan"),
        ("[1,1e400]", "#/1", "too large"), ("true", "#", "not a tensor"), ("{}", "#/shape", "nothing"),
        (#"{"shape":[2,-3],"data":[1]}"#, "#/shape/1", "negative"), (#"{"shape":[2],"data":[1]}"#, "#/data", "few"),
        (#"{"shape":[2],"data":[1,true]}"#, "#/data/1", "true"), (#"{"shape":[0],"data":[]}"#, "#", "empty"),
        (#"{"shape":[1],"base64":"*not base64*"}"#, "#/base64", "letters"),
        (#"{"shape":[1],"dtype":"int8","base64":"AAAA"}"#, "#/dtype", "dtype"),
        (#"{"shape":[1],"date":"int8"}"#, "#/date", "unknown"),
    ])
    func `the first fault is pointed at`(text: String, pointer: String, why: String) throws {
        #expect { try read(text).get() } throws: { ($0 as? ValueFault)?.pointer.description == pointer }
    }

    @Test func `a tensor is written as it was read`() throws {
        let text = #"[[[1.0,"NaN"],[3.0,4.5]],[[5.0,1e-7],[-0.0,8.0]]]"#
        var writer = JSONWriter()
        writer.tensor(try read(text).get().tensor, as: .nested)
        #expect(String(decoding: writer.take(), as: UTF8.self) == text)
    }
}
