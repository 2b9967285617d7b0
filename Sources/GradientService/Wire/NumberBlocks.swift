import CNumberText

/// Numbers of one array, or of rows, that several cores read at once, straight into one storage.
///
/// A text is cut where a number or a row ends, and how many numbers each block has is known by its commas. What the blocks
/// hold counts only as far as each of them ended where it was cut, with as many numbers, in whole rows: then one core
/// that read from front to back would have found the same. All else is left to be read that way, faults and all.
struct NumberBlocks {
    /// A block of the text.
    private struct Block {
        /// Where its first number stands.
        let start: Int
        /// After its last row's bracket, or after its last number's comma.
        let end: Int
        /// Where the first number behind it stands.
        let next: Int
        /// How many numbers it has, if it has nothing else.
        let count: Int
    }

    /// How many bytes of text a block has at least.
    static let size = 64 << 10

    /// How many numbers were read.
    private(set) var count = 0
    /// Of how many rows.
    private(set) var rows = 0
    /// Where the next number stands.
    private(set) var position: Int

    /// Reads numbers.
    ///
    /// - Parameters:
    ///   - text: The JSON text.
    ///   - range: From the first number, of the first row if there are any, to where numbers end at the latest.
    ///   - row: How many numbers each row has; 0 where there are no rows.
    ///   - most: How many rows, or numbers without rows, may be read.
    ///   - cores: How many cores read.
    ///   - elements: What the numbers are appended to.
    init<Element: TextScalar>(
        _ text: [UInt8],
        in range: Range<Int>,
        row: Int,
        atMost most: Int,
        cores: Int,
        appendingTo elements: inout [Element]
    ) {
        position = range.lowerBound
        let blocks = NumberBlocks.cut(text, range, row: row, into: 2 * cores)
        guard blocks.count > 1 else { return }
        let offsets = blocks.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        let total = offsets.last ?? 0
        var joined = self
        elements.append(addingCapacity: total) { output in
            let runs = Element.read(text, blocks.map { $0.start..<$0.end }, row: row, at: offsets, into: &output)
            for (block, run) in zip(blocks, runs) {
                let rows = row > 0 ? run.rows + 1 : run.count
                let isWhole = run.position == block.end && run.stop == (row > 0 ? .closed : .other)
                guard isWhole, run.count == block.count, row == 0 || run.count == rows * row,
                    joined.rows + rows <= most
                else { break }
                joined.count += run.count
                joined.rows += rows
                joined.position = block.next
            }
            output.removeLast(total - joined.count)
        }
        self = joined
    }

    /// Cuts a text in at most so many blocks.
    private static func cut(_ text: [UInt8], _ range: Range<Int>, row: Int, into most: Int) -> [Block] {
        var blocks: [Block] = []
        var start = range.lowerBound
        while blocks.count < most, range.upperBound - start > size,
            let gap = NumberText.gap(in: text, from: start + size, betweenRows: row > 0),
            gap.upperBound <= range.upperBound
        {
            let commas = NumberText.commas(in: text, start..<gap.lowerBound)
            let count = row > 0 ? commas + 1 : commas
            blocks.append(Block(start: start, end: gap.lowerBound, next: gap.upperBound, count: count))
            start = gap.upperBound
        }
        return blocks
    }
}
