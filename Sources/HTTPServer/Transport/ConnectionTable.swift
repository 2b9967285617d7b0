/// A queue's connections by token: a slot, and a generation that tells its present tenant from those before.
struct ConnectionTable {
    private var slots: [Connection?] = []
    private var generations: [UInt32] = []
    private var free: [Int] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// A copy of the present connections, which stays as it is while some of them are closed.
    var all: [Connection] { slots.compactMap(\.self) }

    /// The connection of this token, or nil where it has been closed.
    subscript(token: UInt64) -> Connection? {
        let slot = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
        guard slot < slots.count, let connection = slots[slot], connection.token == token else { return nil }
        return connection
    }

    /// Makes a connection in a free slot.
    mutating func insert(_ make: (UInt64) -> Connection) -> Connection {
        let slot = free.popLast() ?? slots.count
        if slot == slots.count {
            slots.append(nil)
            generations.append(0)
        }
        let connection = make(UInt64(generations[slot]) << 32 | UInt64(slot))
        slots[slot] = connection
        count += 1
        return connection
    }

    mutating func remove(_ connection: Connection) {
        let slot = Int(truncatingIfNeeded: connection.token & 0xFFFF_FFFF)
        // The two highest tokens are the listener's and the wake-up's.
        generations[slot] = (generations[slot] &+ 1) & 0x7FFF_FFFF
        slots[slot] = nil
        free.append(slot)
        count -= 1
    }
}
