/// The names that the open objects of a text have shown so far, so that a second use is found.
///
/// Names stay where they are in the text; only the few that are written with escapes are kept resolved. A name costs
/// eight bytes, and another eight or so in an object of many: less than the text that it takes to write it.
struct JSONMemberNames {
    /// The bytes of a name: in the text, or among the resolved ones.
    private struct Entry {
        var start: UInt32
        /// The length, and in the lowest bit whether the name is among the resolved ones.
        var lengthAndPlace: UInt32

        var length: Int { Int(lengthAndPlace >> 1) }
        var isResolved: Bool { lengthAndPlace & 1 == 1 }
        var range: Range<Int> { Int(start)..<Int(start) + length }
    }

    /// An open object.
    private struct Scope {
        let firstEntry: Int
        let firstResolved: Int
        /// Once there are many names: entries' numbers within the scope plus one, by hash; 0 is free.
        var slots: [UInt32] = []
    }

    /// Up to this many names are compared one by one.
    private static let few = 12
    /// A text whose names can all be written down here.
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
    mutating func close(to depth: Int = -1) {
        let depth = depth < 0 ? scopes.count - 1 : depth
        guard depth < scopes.count else { return }
        entries.removeSubrange(scopes[depth].firstEntry...)
        resolved.removeSubrange(scopes[depth].firstResolved...)
        scopes.removeSubrange(depth...)
    }

    /// Notes a name of the innermost object; `false` where the object has it already.
    ///
    /// - Parameters:
    ///   - range: The bytes of the name in the text, without the quotes.
    ///   - unescaped: The name's bytes where it is written with escapes.
    ///   - text: The text.
    /// - Returns: Whether the name is new.
    mutating func insert(_ range: Range<Int>, unescaped: [UInt8]?, in text: [UInt8]) -> Bool {
        let entry: Entry
        if let unescaped {
            entry = Entry(start: UInt32(resolved.count), lengthAndPlace: UInt32(unescaped.count) << 1 | 1)
            resolved += unescaped
        } else {
            entry = Entry(start: UInt32(range.lowerBound), lengthAndPlace: UInt32(range.count) << 1)
        }
        let scope = scopes.count - 1
        let first = scopes[scope].firstEntry
        let count = entries.count - first
        if count < JSONMemberNames.few {
            for index in first..<entries.count where areEqual(entries[index], entry, in: text) { return false }
            entries.append(entry)
            return true
        }
        if scopes[scope].slots.count < 2 * (count + 1) { spread(scope, count: count, in: text) }
        let mask = scopes[scope].slots.count - 1
        var slot = hash(of: entry, in: text) & mask
        while true {
            let number = Int(scopes[scope].slots[slot])
            if number == 0 { break }
            if areEqual(entries[first + number - 1], entry, in: text) { return false }
            slot = (slot + 1) & mask
        }
        scopes[scope].slots[slot] = UInt32(count + 1)
        entries.append(entry)
        return true
    }

    /// Makes the table of a scope with room for twice as many names as it has.
    private mutating func spread(_ scope: Int, count: Int, in text: [UInt8]) {
        var size = 64
        while size < 4 * count { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        let first = scopes[scope].firstEntry
        for number in 1...count {
            var slot = hash(of: entries[first + number - 1], in: text) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(number)
        }
        scopes[scope].slots = slots
    }

    private func bytes(of entry: Entry, in text: [UInt8]) -> ArraySlice<UInt8> {
        entry.isResolved ? resolved[entry.range] : text[entry.range]
    }

    private func areEqual(_ left: Entry, _ right: Entry, in text: [UInt8]) -> Bool {
        left.length == right.length && bytes(of: left, in: text) == bytes(of: right, in: text)
    }

    /// The standard library's hash is seeded anew in each process, so names that collide cannot be prepared.
    private func hash(of entry: Entry, in text: [UInt8]) -> Int {
        var hasher = Hasher()
        unsafe bytes(of: entry, in: text).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
