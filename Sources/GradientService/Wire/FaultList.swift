/// The faults of a request, as far as they could be found independently.
package struct FaultList: Sendable {
    /// One fault and where it lies in the body.
    package struct Entry: Sendable, Equatable {
        /// Where.
        package let pointer: JSONPointer
        /// What was expected and what was given.
        package let detail: String
    }

    /// How many faults an answer lists.
    package static let most = 100

    /// The first faults found.
    package private(set) var entries: [Entry] = []
    /// How many were found.
    package private(set) var count = 0

    /// Thrown when a limit was passed, which ends the search.
    struct LimitPassed: Error {}

    /// Whether there is none.
    package var isEmpty: Bool { count == 0 }

    /// Notes a fault; what is not listed is not worded either, so that a body of nothing but faults costs little.
    mutating func add(_ pointer: @autoclosure () -> JSONPointer, _ detail: @autoclosure () -> String) {
        count += 1
        if entries.count < FaultList.most { entries.append(Entry(pointer: pointer(), detail: detail())) }
    }

    /// Notes a passed limit and ends the search.
    mutating func end(_ pointer: JSONPointer, _ detail: String) throws -> Never {
        add(pointer, detail)
        throw LimitPassed()
    }

    /// Notes a fault that a value has by itself.
    mutating func add(_ fault: ValueFault, under pointer: JSONPointer) throws {
        if fault.isLimit { try end(pointer + fault.pointer, fault.detail) }
        add(pointer + fault.pointer, fault.detail)
    }
}
