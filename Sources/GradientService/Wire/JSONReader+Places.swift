extension JSONReader {
    /// Where a value stands that may be read later; see ``detour(to:)``.
    package struct Place: Sendable {
        let position: Int
        let depth: Int
    }

    /// Where to go on after a detour.
    package struct Return: Sendable {
        let checkpoint: Checkpoint
    }

    /// All of a reader's state but the text; valid while no container is closed that was open when it was taken.
    struct Checkpoint: Sendable {
        let position: Int
        let expectation: Expectation
        let openCount: Int
        let depthOffset: Int
        let floor: Int
        let nameDepth: Int
    }

    /// The place of the value that stands next.
    package var place: Place {
        precondition(expectation == .value, "a value stands only where a member or element begins")
        return Place(position: position, depth: open.count + depthOffset)
    }

    /// Goes to a value that was skipped, so that it alone is read, and then on from here by ``resume(_:)``.
    ///
    /// For a member that cannot be understood before a later one is known. Detours may be nested.
    package mutating func detour(to place: Place) -> Return {
        let here = checkpoint
        position = place.position
        expectation = .value
        depthOffset = place.depth - open.count
        floor = open.count
        return Return(checkpoint: here)
    }

    /// Goes on where a detour began.
    package mutating func resume(_ place: Return) { restore(place.checkpoint) }

    var checkpoint: Checkpoint {
        Checkpoint(
            position: position,
            expectation: expectation,
            openCount: open.count,
            depthOffset: depthOffset,
            floor: floor,
            nameDepth: names.depth
        )
    }

    mutating func restore(_ checkpoint: Checkpoint) {
        precondition(open.count >= checkpoint.openCount, "a container that was open then is still open")
        open.removeSubrange(checkpoint.openCount...)
        names.close(to: checkpoint.nameDepth)
        position = checkpoint.position
        expectation = checkpoint.expectation
        depthOffset = checkpoint.depthOffset
        floor = checkpoint.floor
    }
}
