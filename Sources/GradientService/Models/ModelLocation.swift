/// Where models are kept, as a setting says it.
package enum ModelLocation: Sendable, Equatable {
    /// In memory, for as long as the process lives.
    case memory
    /// In an SQLite file.
    case file(String)
    /// In PostgreSQL, by a connection URI.
    case postgres(String)

    /// Reads a setting; without one, models are kept in memory.
    package init(_ text: String?) {
        guard let text else {
            self = .memory
            return
        }
        self = ["postgres://", "postgresql://"].contains { text.hasPrefix($0) } ? .postgres(text) : .file(text)
    }

    /// Opens the store.
    ///
    /// - Parameter mostBytes: How much room the models may take together.
    /// - Returns: The store. That of PostgreSQL need not be reachable yet.
    /// - Throws: Why a file can't be opened.
    package func open(mostBytes: Int) throws(StoreError) -> any ModelStore {
        switch self {
        case .memory: try SQLiteModelStore(path: nil, mostBytes: mostBytes)
        case .file(let path): try SQLiteModelStore(path: path, mostBytes: mostBytes)
        case .postgres(let url): PostgresModelStore(url: url, mostBytes: mostBytes)
        }
    }
}
