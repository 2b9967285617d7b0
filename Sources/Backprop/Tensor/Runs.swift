/// Runs of neighbours in a span, equally far apart: a rectangle in a row-major matrix.
public struct Runs: Sendable {
    /// The first element of the first run.
    let start: Int
    /// The elements of each run.
    let length: Int
    /// The number of runs.
    let count: Int
    /// From the start of one run to the start of the next.
    let distance: Int

    /// No element at all.
    static let none = Runs(start: 0, length: 0, count: 0, distance: 0)

    /// Neighbours.
    static func one(_ length: Int, at start: Int) -> Runs { Runs(start: start, length: length, count: 1, distance: 0) }

    /// The first element of a run.
    @inline(__always) func start(of run: Int) -> Int { start + run * distance }

    /// Holds every run to lie within so many elements, and that there are as many elements as in `other`.
    @inline(__always) fileprivate func check(within elements: Int, like other: Runs) {
        precondition(length >= 0 && start >= 0 && distance >= 0, "runs go forward from the start")
        precondition(count == 0 || start + (count - 1) * distance <= elements - length, "each run lies within the span")
        precondition(length == other.length && count == other.count, "one run for each")
    }
}

// Most runs are a dozen or a few dozen elements long, for which a call of memcpy, or a loop and the loop for its rest,
// takes longer than the copying itself.

extension MutableSpan where Element: Scalar {
    /// Copies runs of another span to as many runs of this one.
    @inline(__always) mutating func copy(_ places: Runs, from source: Span<Element>, _ runs: Runs) {
        places.check(within: count, like: runs)
        runs.check(within: source.count, like: places)
        let stride = MemoryLayout<Element>.stride
        let size = runs.length * stride
        unsafe withUnsafeMutableBytes { to in
            unsafe source.withUnsafeBytes { from in
                guard let to = to.baseAddress, let from = from.baseAddress else { return }
                for run in 0..<runs.count {
                    let target = unsafe to + places.start(of: run) * stride
                    let origin = unsafe from + runs.start(of: run) * stride
                    if size > 256 {
                        unsafe target.copyMemory(from: origin, byteCount: size)
                    } else if size >= 16 {
                        // Sixteen bytes at a time, of the last of which some may have been copied before.
                        var offset = 0
                        while offset < size - 16 {
                            let bytes = unsafe origin.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                            unsafe target.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
                            offset += 16
                        }
                        let bytes = unsafe origin.loadUnaligned(fromByteOffset: size - 16, as: SIMD16<UInt8>.self)
                        unsafe target.storeBytes(of: bytes, toByteOffset: size - 16, as: SIMD16<UInt8>.self)
                    } else {
                        for offset in Swift.stride(from: 0, to: size, by: stride) {
                            let element = unsafe origin.load(fromByteOffset: offset, as: Element.self)
                            unsafe target.storeBytes(of: element, toByteOffset: offset, as: Element.self)
                        }
                    }
                }
            }
        }
    }

    /// Fills a range with zeros.
    @inline(__always) mutating func clear(_ range: Range<Int>) {
        var part = _mutatingExtracting(range)
        part.update(repeating: .zero)
    }
}

extension MutableSpan where Element: Scalar & SIMDScalar & FloatingPoint {
    /// Adds runs of another span to as many runs of this one, four elements at a time.
    @inline(__always) mutating func addFours(_ runs: Runs, of source: Span<Element>, to places: Runs) {
        places.check(within: count, like: runs)
        runs.check(within: source.count, like: places)
        guard runs.length >= 4 else {
            for run in 0..<runs.count {
                let (place, start) = (places.start(of: run), runs.start(of: run))
                for index in 0..<runs.length { self[place + index] += source[start + index] }
            }
            return
        }
        let stride = MemoryLayout<Element>.stride
        let (size, four) = (runs.length * stride, 4 * stride)
        unsafe withUnsafeMutableBytes { to in
            unsafe source.withUnsafeBytes { from in
                guard let to = to.baseAddress, let from = from.baseAddress else { return }
                for run in 0..<runs.count {
                    let target = unsafe to + places.start(of: run) * stride
                    let origin = unsafe from + runs.start(of: run) * stride
                    // The last four are added up before others are written, which may be some of them.
                    let rest =
                        unsafe target.loadUnaligned(fromByteOffset: size - four, as: SIMD4<Element>.self)
                        + origin.loadUnaligned(fromByteOffset: size - four, as: SIMD4<Element>.self)
                    var offset = 0
                    while offset < size - four {
                        let sums =
                            unsafe target.loadUnaligned(fromByteOffset: offset, as: SIMD4<Element>.self)
                            + origin.loadUnaligned(fromByteOffset: offset, as: SIMD4<Element>.self)
                        unsafe target.storeBytes(of: sums, toByteOffset: offset, as: SIMD4<Element>.self)
                        offset += four
                    }
                    unsafe target.storeBytes(of: rest, toByteOffset: size - four, as: SIMD4<Element>.self)
                }
            }
        }
    }
}
