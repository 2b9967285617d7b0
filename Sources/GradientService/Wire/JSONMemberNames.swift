/// The names that the open objects of a text have shown so far, so that a second use is found.
///
/// Names stay where they are in the text; only the few that are written with escapes are kept resolved. In an object of
/// many a name costs less than thirty bytes, and the time for one does not grow with their number.
struct JSONMemberNames {
    /// The bytes of a name: in the text, or among the resolved ones.
    private struct Entry {
        var start: UInt32
        /// Twice the length, and one more if the name is among the resolved ones.
        var lengthAndPlace: UInt32

        var isResolved: Bool { lengthAndPlace & 1 == 1 }
        var range: Range<Int> { Int(start)..<Int(start) + Int(lengthAndPlace >> 1) }
    }

    /// An open object.
    private struct Scope {
        let firstEntry: Int
        let firstResolved: Int
        var table = Table()
    }

    /// Up to this many names are compared one by one, unless there is a long one, whose comparing would take long.
    private static let few = 12
    private static let long = 64
    /// The longest text whose names can all be noted here.
    static let longestText = Int(UInt32.max >> 1)

    private var entries: [Entry] = []
    private var resolved: [UInt8] = []
    private var scopes: [Scope] = []

    /// The number of open objects.
    var depth: Int { scopes.count }

    /// Opens an object inside those that are open.
    mutating func open() {
        scopes.append(Scope(firstEntry: entries.count, firstResolved: resolved.count))
    }

    /// Closes objects until only `depth` are open.
    mutating func close(to depth: Int) {
        guard depth < scopes.count else { return }
        entries.removeLast(entries.count - scopes[depth].firstEntry)
        resolved.removeLast(resolved.count - scopes[depth].firstResolved)
        scopes.removeLast(scopes.count - depth)
    }

    /// Notes a name of the innermost object.
    ///
    /// - Parameters:
    ///   - range: The bytes of the name in the text, without the quotes.
    ///   - unescaped: The name's bytes where it is written with escapes.
    ///   - text: The text.
    /// - Returns: Whether the name is new to the object.
    mutating func insert(_ range: Range<Int>, unescaped: [UInt8]?, in text: [UInt8]) -> Bool {
        var entry = Entry(start: UInt32(range.lowerBound), lengthAndPlace: UInt32(range.count) << 1)
        if let unescaped {
            entry = Entry(start: UInt32(resolved.count), lengthAndPlace: UInt32(unescaped.count) << 1 | 1)
            resolved += unescaped
        }
        let scope = scopes.count - 1
        let first = scopes[scope].firstEntry
        let count = entries.count - first
        if count < JSONMemberNames.few, entry.range.count <= JSONMemberNames.long, scopes[scope].table.isEmpty {
            for index in first..<entries.count where areEqual(entries[index], entry, in: text) { return false }
        } else {
            // The table is taken out so that it can be changed while the names are looked at.
            var table = Table()
            swap(&table, &scopes[scope].table)
            defer { swap(&table, &scopes[scope].table) }
            if table.isEmpty {
                for index in 0..<count {
                    _ = table.insert(index, hash: hash(of: entries[first + index], in: text)) { _ in false }
                }
            }
            let isNew = table.insert(count, hash: hash(of: entry, in: text)) { index in
                areEqual(entries[first + index], entry, in: text)
            }
            guard isNew else { return false }
        }
        entries.append(entry)
        return true
    }

    private func areEqual(_ left: Entry, _ right: Entry, in text: [UInt8]) -> Bool {
        let (leftBytes, rightBytes) = (left.range, right.range)
        guard leftBytes.count == rightBytes.count else { return false }
        for offset in 0..<leftBytes.count {
            let leftByte =
                left.isResolved ? resolved[leftBytes.lowerBound + offset] : text[leftBytes.lowerBound + offset]
            let rightByte =
                right.isResolved ? resolved[rightBytes.lowerBound + offset] : text[rightBytes.lowerBound + offset]
            guard leftByte == rightByte else { return false }
        }
        return true
    }

    /// The standard library's hash is seeded anew in each process, so names that collide cannot be prepared.
    private func hash(of entry: Entry, in text: [UInt8]) -> UInt64 {
        var hasher = Hasher()
        let bytes = entry.isResolved ? resolved[entry.range] : text[entry.range]
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension JSONMemberNames {
    /// Numbers by hash, with open addressing.
    private struct Table {
        /// The upper half of a hash and, in the lower half, the number plus one; 0 is free.
        ///
        /// With the hash beside it, a slot is passed over, and the table is spread anew, without a look at the names.
        private var slots: [UInt64] = []
        private var count = 0

        var isEmpty: Bool { count == 0 }

        /// Puts a number in, unless one that is there already is of an equal name; says whether it did.
        mutating func insert(_ number: Int, hash: UInt64, isSame: (Int) -> Bool) -> Bool {
            if 4 * (count + 1) > 3 * slots.count { grow() }
            let mask = slots.count - 1
            let tag = hash & 0xFFFF_FFFF_0000_0000
            var slot = Table.place(of: hash) & mask
            while slots[slot] != 0 {
                if slots[slot] & 0xFFFF_FFFF_0000_0000 == tag, isSame(Int(slots[slot] & 0xFFFF_FFFF) - 1) {
                    return false
                }
                slot = (slot + 1) & mask
            }
            slots[slot] = tag | UInt64(number + 1)
            count += 1
            return true
        }

        private mutating func grow() {
            let old = slots
            slots = [UInt64](repeating: 0, count: max(64, 2 * old.count))
            let mask = slots.count - 1
            for entry in old where entry != 0 {
                var slot = Table.place(of: entry) & mask
                while slots[slot] != 0 { slot = (slot + 1) & mask }
                slots[slot] = entry
            }
        }

        /// Where to begin looking, from the half of the hash that is kept.
        private static func place(of hash: UInt64) -> Int { Int(hash >> 32) }
    }
}
