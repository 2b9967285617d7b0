/// How a window slides along one dimension: at output `o` its tap `k` covers the input's position
/// `o · stride − before + k · dilation`, which may lie in the padding.
///
/// What a client chose is checked when a window is made, so that nothing here overflows.
struct SlidingWindow: Sendable {
    /// The input's length.
    let input: Int
    /// The number of outputs.
    let output: Int
    /// The number of positions that the window covers.
    let taps: Int
    let stride: Int
    /// The padding before the input.
    let before: Int
    /// The distance between neighbouring taps.
    let dilation: Int

    /// The window of a dimension that is not there.
    static let none = SlidingWindow(input: 1, output: 1, taps: 1, stride: 1, before: 0, dilation: 1)

    /// The input's position under tap 0 at output `o`.
    func start(at o: Int) -> Int { o * stride - before }

    /// The taps that lie within the input at output `o`.
    func taps(at o: Int) -> Range<Int> {
        let start = start(at: o)
        let last = input - 1 - start
        guard last >= 0 else { return 0..<0 }
        let lower = start >= 0 ? 0 : (-start - 1) / dilation + 1
        let upper = min(taps, last / dilation + 1)
        return min(lower, upper)..<upper
    }

    /// The outputs at which tap `k` lies within the input.
    func outputs(at k: Int) -> Range<Int> {
        let shift = before - k * dilation
        let last = input - 1 + shift
        guard last >= 0 else { return 0..<0 }
        let lower = shift <= 0 ? 0 : (shift - 1) / stride + 1
        let upper = min(output, last / stride + 1)
        return min(lower, upper)..<upper
    }
}
