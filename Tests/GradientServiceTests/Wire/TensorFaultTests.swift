import Backprop
import GradientService
import Testing

@Suite struct TensorFaultTests {
    @Test(
        arguments: [
            ("[[1,2],[3]]", "#/1", "a short row"),
            ("[[1,2],[3],[4,5]]", "#/1", "a short row before others"),
            ("[[1,2],[3],[4,5,6]]", "#/1", "a short row and then a long one"),
            ("[[1,2],[3,4,5]]", "#/1", "a long row"),
            ("[[1,2],[]]", "#/1", "an empty row after others"),
            ("[[],[1]]", "#/1", "a row after an empty one"),
            ("[[1],[\"NaN\",2]]", "#/1", "a long row with strings"),
            ("[[[1,2],[3,4]],[[5,6],[7]]]", "#/1/1", "a short row deep in"),
            ("[[[1,2],[3,4]],[[5,6]]]", "#/1", "a row of rows that is short"),
            ("[[[1],[2]],[[3],[4],[5]]]", "#/1", "one that is long"),
            ("[[[1,2]],[[3,4],[5,6],[7]]]", "#/1", "the first of two odd things"),
            ("[[1],2]", "#/1", "a number among rows"),
            ("[[],2]", "#/1", "a number after an empty row"),
            ("[1,[2]]", "#/1", "a row among numbers"),
            ("[[1,2],[[3],4]]", "#/1/0", "a row among numbers deep in"),
            ("[[[1]],[2]]", "#/1/0", "a number among rows deep in"),
            ("[1,null,[]]", "#/1", "null"),
            ("[[1,true]]", "#/0/1", "true"),
            ("[[1,2],[3,\"4\"]]", "#/1/1", "a string that is no number"),
            ("[\"nan\"]", "#/0", "another spelling of NaN"),
            ("[\"+Infinity\"]", "#/0", "another spelling of Infinity"),
            ("[{\"shape\":[1],\"data\":[1]}]", "#/0", "a tensor in a tensor"),
            ("[1,1e400,null]", "#/1", "a number beyond float64"),
            ("[[1,2],[-1e400,4]]", "#/1/0", "a negative one, at a row's beginning"),
            ("1e400", "#", "one alone"),
            ("[]", "#", "no rows"),
            ("[[],[]]", "#", "rows of nothing"),
            ("[[[]]]", "#", "deeper rows of nothing"),
            ("null", "#", "null for a tensor"),
            ("true", "#", "true for a tensor"),
            ("\"1\"", "#", "a string for a tensor"),
            ("{}", "#/shape", "an object of nothing"),
            (#"{"data":[1]}"#, "#/shape", "no shape"),
            (#"{"shape":[1]}"#, "#/data", "no data"),
            (#"{"shape":[1],"dtype":"float64"}"#, "#/data", "no data, though a dtype"),
            (#"{"shape":[1],"data":[1],"base64":"AAAAAAAA8D8="}"#, "#/base64", "data and base64"),
            (#"{"base64":"AAAAAAAA8D8=","shape":[1],"data":[1]}"#, "#/base64", "base64 and data"),
            (#"{"shape":[1],"data":[1],"dtype":"float64"}"#, "#/dtype", "dtype beside data"),
            (#"{"dtype":"float64","shape":[1],"data":[1]}"#, "#/dtype", "dtype before data"),
            (#"{"shape":[1],"date":"x","data":[null]}"#, "#/date", "an unknown member"),
            (#"{"shape":3,"data":[1]}"#, "#/shape", "a shape that is no array"),
            (#"{"shape":[2,-3],"data":[1]}"#, "#/shape/1", "a negative length"),
            (#"{"shape":[1.5],"data":[1]}"#, "#/shape/0", "a fraction of a length"),
            (#"{"shape":[1,"2"],"data":[1]}"#, "#/shape/1", "a string for a length"),
            (#"{"shape":[null],"data":[1]}"#, "#/shape/0", "null for a length"),
            (#"{"shape":[[1]],"data":[1]}"#, "#/shape/0", "an array for a length"),
            (#"{"shape":[1,1,9223372036854775808],"data":[1]}"#, "#/shape/2", "a length that no integer holds"),
            (#"{"shape":[1e30],"data":[1]}"#, "#/shape/0", "one with an exponent"),
            (#"{"shape":[0],"data":[]}"#, "#", "a declared length of 0"),
            (#"{"shape":[3,0,99999999999999],"data":[]}"#, "#", "one among large ones"),
            (#"{"data":[1,2],"shape":[0]}"#, "#", "one with data"),
            (#"{"shape":[2],"data":[1]}"#, "#/data", "too little data"),
            (#"{"shape":[2],"data":[1,2,3]}"#, "#/data", "too much data"),
            (#"{"data":[],"shape":[2]}"#, "#/data", "no data at all, before the shape"),
            (#"{"shape":[2],"data":1}"#, "#/data", "data that are no array"),
            (#"{"shape":[2],"data":[1,true]}"#, "#/data/1", "true among data"),
            (#"{"shape":[2],"data":[1,[2]]}"#, "#/data/1", "an array among data"),
            (#"{"shape":[2],"data":[[1,2]]}"#, "#/data/0", "nested data"),
            (#"{"shape":[2],"data":[1,1e400]}"#, "#/data/1", "a number beyond float64 among data"),
            (#"{"data":[1,null],"shape":[-1]}"#, "#/data/1", "the first of two in reading order"),
            (#"{"shape":[1],"base64":7}"#, "#/base64", "base64 that is no string"),
            (#"{"shape":[1],"base64":"*not base64*"}"#, "#/base64", "letters that are none"),
            (#"{"shape":[1],"base64":"AAAAAAAA8D8"}"#, "#/base64", "no padding"),
            (#"{"shape":[1],"base64":"AAAAAAAA8D9="}"#, "#/base64", "bits in the padding"),
            (#"{"shape":[1],"base64":"AAAA\nAAAA8D8="}"#, "#/base64", "a line break"),
            (#"{"shape":[1],"base64":"AAAAAAAA-_8="}"#, "#/base64", "the alphabet for URLs"),
            (#"{"shape":[1],"base64":"AAAAAAAA"}"#, "#/base64", "too few bytes"),
            (#"{"shape":[1],"base64":"AACAPw==","dtype":"float64"}"#, "#/base64", "bytes of another dtype"),
            (#"{"shape":[1],"dtype":"int8","base64":"AAAA"}"#, "#/dtype", "an unknown dtype"),
            (#"{"shape":[1],"dtype":64,"base64":"AAAA"}"#, "#/dtype", "a dtype that is no string"),
        ] as [(String, String, String)]
    )
    func `the first fault is pointed at, and reading goes on behind it`(
        text: String,
        pointer: String,
        why: String
    ) throws {
        for encoded in ["[\(text),8.5]", "[ \(text) , 8.5 ]"] {
            var reader = JSONReader(Array(encoded.utf8))
            #expect(try reader.beginArray())
            #expect(try reader.nextElement())
            #expect { try reader.tensor(of: Double.self).get() } throws: { error in
                (error as? ValueFault)?.pointer.description == pointer && (error as? ValueFault)?.isLimit == false
            }
            #expect(try reader.nextElement())
            #expect(try reader.tensor(of: Float.self).get().tensor == Tensor(8.5))
            #expect(try !reader.nextElement())
            try reader.finish()
        }
    }

    @Test(
        arguments: [
            ("[[1,2],[3],[4,]]", "a comma too many after a ragged row"),
            ("[null,01]", "a leading zero after null"),
            ("[[1,2],[3.]]", "a number cut short in a later row"),
            ("[[1,2],[3,4]", "an array cut short"),
            ("[1 2]", "no comma"),
            ("[[1] [2]]", "no comma between rows"),
            ("[1e400,-]", "a minus alone after a number that is too large"),
            (#"{"shape":[1],"shape":[1],"data":[1]}"#, "a name twice"),
            (#"{"shape":[-1],"x":{"a":1,"a":2}}"#, "a name twice in what is skipped"),
            (#"{"shape":[1],"base64":"\ud800"}"#, "half of a surrogate pair"),
        ] as [(String, String)]
    )
    func `what is not JSON is refused, also behind a fault`(text: String, why: String) {
        #expect(throws: JSONSyntaxError.self) { _ = try read(text) }
    }

    @Test func `rank is limited, and depth before it`() throws {
        func nested(_ rank: Int) -> String {
            String(repeating: "[", count: rank) + "1" + String(repeating: "]", count: rank)
        }
        let shape = try read(nested(16)).get().tensor.shape
        #expect(shape == Shape([Int](repeating: 1, count: 16)))
        let fault = ValueFault("a tensor has at most 16 dimensions", isLimit: true)
        #expect(throws: fault) { try read(nested(17)).get() }
        #expect(throws: fault) { try read(nested(64)).get() }
        #expect(throws: JSONSyntaxError.self) { _ = try read(nested(65)) }
        #expect(throws: fault) {
            try read("{\"shape\":[\(Array(repeating: "1", count: 17).joined(separator: ","))],\"data\":[1]}").get()
        }
    }

    @Test(
        arguments: [
            ("[[1,2,3],[4,5,6]]", "nested, within a later row"),
            ("[1,2,3,4,5,6]", "nested, in the first row"),
            ("[1,2,3,4,\"NaN\",6]", "a string beyond the limit"),
            (#"{"shape":[2,3],"data":[1,2,3,4,5,6]}"#, "by the shape"),
            (#"{"data":[1,2,3,4,5,6],"shape":[2,2]}"#, "by the data"),
            (#"{"shape":[6],"base64":"AAAA"}"#, "base64"),
            (#"{"shape":[4294967296,4294967296],"data":[1]}"#, "a product that no integer holds"),
            (#"{"shape":[9223372036854775807],"base64":"AAAA"}"#, "the largest length"),
        ] as [(String, String)]
    )
    func `elements are limited before there is storage for them`(text: String, why: String) throws {
        #expect { try read(text, limits: TensorLimits(elements: 4)).get() } throws: { error in
            (error as? ValueFault)?.isLimit == true && (error as? ValueFault)?.pointer == []
        }
    }

    @Test func `the limit itself is allowed`() throws {
        #expect(try read("[[1,2],[3,4]]", limits: TensorLimits(elements: 4)).get().tensor.count == 4)
        #expect(try read("[1,2,3,4]", limits: TensorLimits(rank: 1, elements: 4)).get().tensor.count == 4)
    }
}
