import CNumberText

/// The types of number that a tensor may be asked for in, by their names on the wire.
package enum DType: String, CaseIterable, Sendable {
    case float64, float32

    /// How many bytes a number takes.
    var size: Int {
        switch self {
        case .float64: 8
        case .float32: 4
        }
    }
}

/// A type of number that JSON text is read into and printed from.
package protocol TextScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// The type's name on the wire.
    static var dtype: DType { get }

    /// Reads numbers of an array into free storage, as many as there is room for.
    ///
    /// - Parameters:
    ///   - text: The JSON text.
    ///   - position: Where in the text a value stands.
    ///   - rest: How many numbers the array may have from there on.
    ///   - row: The length of the rows that may follow, if the array is a row itself, else 0; see `nabla_room`.
    ///   - output: Where the numbers go.
    /// - Returns: How far the text was read and why no further.
    static func read(
        _ text: [UInt8],
        from position: Int,
        rest: Int,
        row: Int,
        into output: inout OutputSpan<Self>
    ) -> NumberRun

    /// Numbers that are printed later.
    static func kept(_ numbers: [Self]) -> KeptNumbers

    /// Reads parts of a text on several cores, each into a place of its own.
    ///
    /// - Parameters:
    ///   - text: The JSON text.
    ///   - parts: From a number to where the text ends for a part.
    ///   - row: The length of rows; 0 where there are none.
    ///   - offsets: Where in the free storage the parts' numbers go, and after the last part's where they end.
    ///   - output: Where the numbers go; the storage counts as filled up to the last offset, with zeros where a part has
    ///     fewer numbers than room.
    /// - Returns: How far the parts were read.
    static func read(
        _ text: [UInt8],
        _ parts: [Range<Int>],
        row: Int,
        at offsets: [Int],
        into output: inout OutputSpan<Self>
    ) -> [NumberRun]

    /// Prints numbers with commas between them and the brackets of those arrays that begin at one of them or end after
    /// one; there must be room for them.
    ///
    /// - Parameters:
    ///   - numbers: What to print.
    ///   - place: Where the first of them stands among all that are in the outermost array.
    ///   - lengths: How many values the arrays of each level hold, the outermost first; none of them 0.
    ///   - output: Free room of ``printedSize`` bytes for each number.
    static func print(_ numbers: Span<Self>, at place: Int, of lengths: Span<Int>, into output: inout OutputSpan<UInt8>)
}

extension TextScalar {
    /// The room that one printed number needs.
    static var printedSize: Int { Int(NABLA_PRINTED_NUMBER_SIZE) }

    /// How deep printed numbers may be nested.
    static var mostNesting: Int { Int(NABLA_MOST_NESTING) }
}

extension TextScalar {
    /// Fills free storage by what reads a part of a text into a part of it, on several cores.
    fileprivate static func fill(
        _ output: inout OutputSpan<Self>,
        _ text: [UInt8],
        _ parts: [Range<Int>],
        at offsets: [Int],
        by read: @Sendable (UnsafePointer<UInt8>?, Range<Int>, UnsafeMutableBufferPointer<Self>) -> NumberRun
    ) -> [NumberRun] {
        let total = offsets.last ?? 0
        precondition(offsets.count == parts.count + 1 && total <= output.freeCapacity, "there is room for each part")
        precondition(zip(offsets, offsets.dropFirst()).allSatisfy { 0 <= $0 && $0 <= $1 }, "places are in order")
        precondition(
            parts.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= text.count },
            "parts lie within the text"
        )
        return unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            nonisolated(unsafe) let room = unsafe UnsafeMutableBufferPointer(rebasing: free[initialized...])
            let runs = unsafe text.withUnsafeBufferPointer { text in
                nonisolated(unsafe) let start = text.baseAddress
                return SpareCores.made(parts.count) { part in
                    let own = unsafe UnsafeMutableBufferPointer(rebasing: room[offsets[part]..<offsets[part + 1]])
                    let run = unsafe read(start, parts[part], own)
                    unsafe own[run.count...].initialize(repeating: 0)
                    return run
                }
            }
            initialized += total
            return runs
        }
    }
}

extension Double: TextScalar {
    package static func read(
        _ text: [UInt8],
        _ parts: [Range<Int>],
        row: Int,
        at offsets: [Int],
        into output: inout OutputSpan<Double>
    ) -> [NumberRun] {
        unsafe fill(&output, text, parts, at: offsets) { text, part, out in
            let room = nabla_room(capacity: out.count, rest: row > 0 ? row : Int.max, row: row)
            return unsafe NumberRun(nabla_read_float64s(text, part.upperBound, part.lowerBound, out.baseAddress, room))
        }
    }

    package static let dtype = DType.float64

    package static func kept(_ numbers: [Double]) -> KeptNumbers { .float64(numbers) }

    package static func read(
        _ text: [UInt8],
        from position: Int,
        rest: Int,
        row: Int,
        into output: inout OutputSpan<Double>
    ) -> NumberRun {
        precondition(position <= text.count, "a value stands within the text")
        return unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            let room = nabla_room(capacity: free.count - initialized, rest: rest, row: row)
            let run = unsafe text.withUnsafeBufferPointer { bytes in
                unsafe nabla_read_float64s(
                    bytes.baseAddress,
                    bytes.count,
                    position,
                    free.baseAddress.map { unsafe $0 + initialized },
                    room
                )
            }
            initialized += run.count
            return NumberRun(run)
        }
    }

    package static func print(
        _ numbers: Span<Double>,
        at place: Int,
        of lengths: Span<Int>,
        into output: inout OutputSpan<UInt8>
    ) {
        precondition(output.freeCapacity >= numbers.count * printedSize, "there is room for each number")
        precondition(lengths.count <= mostNesting, "the printers go as deep")
        unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            unsafe initialized += numbers.withUnsafeBufferPointer { numbers in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe nabla_print_float64s(
                        numbers.baseAddress,
                        numbers.count,
                        nabla_nesting(lengths: lengths.baseAddress, depth: lengths.count, place: place),
                        free.baseAddress.map { unsafe $0 + initialized }
                    )
                }
            }
        }
    }
}

extension Float: TextScalar {
    package static func read(
        _ text: [UInt8],
        _ parts: [Range<Int>],
        row: Int,
        at offsets: [Int],
        into output: inout OutputSpan<Float>
    ) -> [NumberRun] {
        unsafe fill(&output, text, parts, at: offsets) { text, part, out in
            let room = nabla_room(capacity: out.count, rest: row > 0 ? row : Int.max, row: row)
            return unsafe NumberRun(nabla_read_float32s(text, part.upperBound, part.lowerBound, out.baseAddress, room))
        }
    }

    package static let dtype = DType.float32

    package static func kept(_ numbers: [Float]) -> KeptNumbers { .float32(numbers) }

    package static func read(
        _ text: [UInt8],
        from position: Int,
        rest: Int,
        row: Int,
        into output: inout OutputSpan<Float>
    ) -> NumberRun {
        precondition(position <= text.count, "a value stands within the text")
        return unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            let room = nabla_room(capacity: free.count - initialized, rest: rest, row: row)
            let run = unsafe text.withUnsafeBufferPointer { bytes in
                unsafe nabla_read_float32s(
                    bytes.baseAddress,
                    bytes.count,
                    position,
                    free.baseAddress.map { unsafe $0 + initialized },
                    room
                )
            }
            initialized += run.count
            return NumberRun(run)
        }
    }

    package static func print(
        _ numbers: Span<Float>,
        at place: Int,
        of lengths: Span<Int>,
        into output: inout OutputSpan<UInt8>
    ) {
        precondition(output.freeCapacity >= numbers.count * printedSize, "there is room for each number")
        precondition(lengths.count <= mostNesting, "the printers go as deep")
        unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            unsafe initialized += numbers.withUnsafeBufferPointer { numbers in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe nabla_print_float32s(
                        numbers.baseAddress,
                        numbers.count,
                        nabla_nesting(lengths: lengths.baseAddress, depth: lengths.count, place: place),
                        free.baseAddress.map { unsafe $0 + initialized }
                    )
                }
            }
        }
    }
}
