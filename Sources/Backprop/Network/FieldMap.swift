/// Values by the names of fields, as many as one layer has: for so few, looking at each takes less time than hashing.
///
/// Inlinable, as every generic that other modules use on the way of a request: so the compiler specialises it there.
public struct FieldMap<Value> {
    @usableFromInline var entries: [(name: String, value: Value)] = []

    /// Makes an empty map.
    @inlinable public init() {}

    /// Makes a map of a dictionary's entries, in the order of their names.
    public init(_ values: [String: Value]) {
        entries = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The number of entries.
    @inlinable public var count: Int { entries.count }

    /// The value of a field; `nil` where it has none, and to remove it.
    @inlinable public subscript(name: String) -> Value? {
        get {
            for entry in entries where entry.name == name { return entry.value }
            return nil
        }
        set {
            let index = entries.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The same fields with other values.
    @inlinable public func mapValues<Result>(_ transform: (Value) -> Result) -> FieldMap<Result> {
        var map = FieldMap<Result>()
        map.entries = entries.map { ($0.name, transform($0.value)) }
        return map
    }
}

extension FieldMap: Sendable where Value: Sendable {}

extension FieldMap: Sequence {
    /// Walks over the entries in the order in which they were set.
    @inlinable public func makeIterator() -> IndexingIterator<[(name: String, value: Value)]> { entries.makeIterator() }
}
