/// The layers that a request asks for, by their positions: some, in the network's order, or all.
package struct LayerSelection: Sendable, RandomAccessCollection {
    /// `nil` for all.
    private let positions: [Int]?
    private let layerCount: Int

    /// Makes a selection.
    ///
    /// - Parameters:
    ///   - positions: The positions in ascending order; `nil` for all.
    ///   - layerCount: How many layers the network has.
    init(_ positions: [Int]?, of layerCount: Int) { (self.positions, self.layerCount) = (positions, layerCount) }

    /// The positions as a set; `nil` for all.
    var set: Set<Int>? { positions.map(Set.init) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { positions?.count ?? layerCount }
    package subscript(index: Int) -> Int { positions?[index] ?? index }
}
