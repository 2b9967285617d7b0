import HTTPServer
import Testing

@Suite struct KeptMemoryTests {
    private func mebibytes(_ count: Int) -> Int { count << 20 }

    @Test func `memory is given back once it has grown by enough`() {
        var kept = KeptMemory(resident: mebibytes(50))
        #expect(!kept.isWorthwhile(resident: mebibytes(81), held: 0))
        #expect(kept.isWorthwhile(resident: mebibytes(82), held: 0))
        kept.wasReturned(resident: mebibytes(70), held: 0)
        #expect(!kept.isWorthwhile(resident: mebibytes(101), held: 0))
        kept.wasSeen(resident: mebibytes(60))
        #expect(kept.isWorthwhile(resident: mebibytes(92), held: 0), "less than before is the new measure")
    }

    /// Answers that nobody takes are in memory when it is given back; it is theirs as long as they wait, and no longer.
    @Test func `what was held while memory was given back is given back later`() {
        var kept = KeptMemory(resident: mebibytes(50))
        #expect(kept.isWorthwhile(resident: mebibytes(1000), held: mebibytes(60)))
        kept.wasReturned(resident: mebibytes(110), held: mebibytes(60))
        #expect(!kept.isWorthwhile(resident: mebibytes(110), held: mebibytes(60)))
        #expect(kept.isWorthwhile(resident: mebibytes(110), held: 0))
        kept.wasReturned(resident: mebibytes(50), held: 0)
        #expect(!kept.isWorthwhile(resident: mebibytes(50), held: 0))
    }
}
