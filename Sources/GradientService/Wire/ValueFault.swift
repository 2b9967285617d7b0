/// A value that is JSON but not what was asked for.
package struct ValueFault: Error, Equatable {
    /// Where the fault is, from the place where reading began.
    package var pointer: JSONPointer
    /// What was expected and what was given.
    package var detail: String
    /// Whether a limit was passed, which ends the search for further faults.
    package var isLimit: Bool

    /// Makes a fault at a place.
    package init(_ detail: String, at pointer: JSONPointer = [], isLimit: Bool = false) {
        self.pointer = pointer
        self.detail = detail
        self.isLimit = isLimit
    }

    /// The same fault seen from further out: `place` leads to where reading began.
    package func under(_ place: JSONPointer) -> ValueFault {
        ValueFault(detail, at: place + pointer, isLimit: isLimit)
    }
}
