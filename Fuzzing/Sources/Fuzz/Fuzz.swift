import CLibFuzzer
import Glibc

/// What libFuzzer calls with each input.
package typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// Hands the program over to libFuzzer, which reads the command line.
package func fuzz(_ callback: Callback) -> Never {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, callback))
}

/// The bytes that libFuzzer lends for the length of a call.
package func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Ends the run with a finding unless the condition holds.
package func require(_ condition: Bool, _ finding: @autoclosure () -> String) {
    if !condition { fatalError(finding()) }
}

/// Choices that an input makes by its first bytes: what follows from them stays the same when the input is run again.
package struct Choices {
    private var state: UInt64

    /// Takes the first two bytes, or what there is of them, off an input.
    package init(takenOff input: inout ArraySlice<UInt8>) {
        state = UInt64(input.popFirst() ?? 0) << 8 | UInt64(input.popFirst() ?? 0)
    }

    /// A number below `bound`, by the generator SplitMix64.
    package mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ word >> 31) % UInt64(bound))
    }

    /// The bytes cut into pieces, none of them empty.
    package mutating func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        let longest = [1, 2, 7, 64, 1024][next(below: 5)]
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + next(below: longest))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
