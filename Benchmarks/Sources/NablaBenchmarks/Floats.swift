import ArgumentParser
import Dispatch
import Foundation
import GradientService
import Synchronization

/// The check of numbers as text: printing by every float32 there is, reading by what is hard to read.
struct Floats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floats",
        abstract: "Check the printing of every float32, and reading against the C library.",
        discussion: """
            Of each number is checked that its text reads back to the same bits, that no decimal of fewer digits would, \
            and that none of as many digits is closer. That takes some minutes on two cores.
            """
    )

    @Option(help: ArgumentHelp("Check only every so many numbers.", valueName: "number"))
    var stride = 1

    @Option(help: ArgumentHelp("How many random spellings are read; 0 leaves reading out.", valueName: "number"))
    var spellings = 1_000_000

    func validate() throws {
        guard (1...1 << 24).contains(stride), spellings >= 0 else {
            throw ValidationError("stride lies in 1...\(1 << 24), spellings is not negative")
        }
    }

    func run() throws {
        precondition(PrintingTally.findsFaults, "the check finds what is wrong")
        let isPrintedWell = checkPrinting()
        let isReadWell = spellings == 0 || ReadingCheck.run(spellings)
        if !isPrintedWell || !isReadWell { throw ExitCode.failure }
    }

    /// Checks blocks of numbers on all cores.
    private func checkPrinting() -> Bool {
        // Numbers without their signs; of each the negative one is checked as well.
        let count = (1 << 31 + stride - 1) / stride
        let size = 1 << 16
        let blocks = (count + size - 1) / size
        let state = Mutex((done: 0, tally: PrintingTally()))
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: blocks) { block in
            let patterns = (block * size..<min((block + 1) * size, count)).map { UInt32($0 * stride) }
            let tally = PrintingTally(checking: patterns)
            state.withLock { state in
                state.done += 1
                state.tally.add(tally)
                let percent = 100 * state.done / blocks
                if percent > 100 * (state.done - 1) / blocks {
                    complain("\(percent) % in \((ContinuousClock.now - start).components.seconds) s")
                }
            }
        }
        let tally = state.withLock { $0.tally }
        print("printing: \(tally.numbers) float32 numbers, \(tally.failures) failures")
        for failure in tally.examples { print("  \(failure)") }
        return tally.failures == 0
    }
}

/// Says something that is no result.
func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
