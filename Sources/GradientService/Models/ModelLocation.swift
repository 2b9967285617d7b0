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
    /// - Throws: Why a file can't be opened, or that a URI is none.
    package func open(mostBytes: Int) throws(StoreError) -> any ModelStore {
        switch self {
        case .memory: return try SQLiteModelStore(path: nil, mostBytes: mostBytes)
        case .file(let path):
            if path.isEmpty { throw .failed("the name of the file is empty") }
            return try SQLiteModelStore(path: path, mostBytes: mostBytes)
        case .postgres(let url):
            // Which part of it can't be read is not said: it may have a password in it.
            guard PostgresConnection.isReadable(url) else { throw .failed("the connection URI can't be read") }
            return PostgresModelStore(url: url, mostBytes: mostBytes)
        }
    }
}
