/// What a list shows of a stored model.
package struct ModelRecord: Sendable, Equatable {
    /// The name.
    package let name: String
    /// The entity tag, without quotes: the same content has the same.
    package let etag: String
    /// A JSON object that sums the model up: its inputs, output and number of parameters.
    package let summary: [UInt8]
    /// When a model of this name was first stored, in milliseconds since 1970.
    package var created: Int
    /// When this content was stored, in milliseconds since 1970.
    package let updated: Int

    /// Makes a record.
    package init(name: String, etag: String, summary: [UInt8], created: Int, updated: Int) {
        self.name = name
        self.etag = etag
        self.summary = summary
        self.created = created
        self.updated = updated
    }
}

/// A model as it is stored: weights are bytes beside the document, never text.
package struct StoredModel: Sendable, Equatable {
    /// What a list shows.
    package let record: ModelRecord
    /// The JSON of what was put, each tensor replaced by a reference into the weights; see ``ModelDocument``.
    package let document: [UInt8]
    /// The numbers of all tensors as float64, little-endian.
    package let weights: [UInt8]

    /// Makes a stored model.
    package init(record: ModelRecord, document: [UInt8], weights: [UInt8]) {
        self.record = record
        self.document = document
        self.weights = weights
    }
}

/// Keeps models by name.
///
/// A write that has returned is durable; a reader sees a model whole or not at all.
///
/// Calls block, so they are made on threads that may.
package protocol ModelStore: Sendable {
    /// Whether it can be used, as last seen; asking costs nothing.
    var condition: StoreCondition { get }

    /// The entity tag of a model; `nil` where there is none of this name.
    func etag(of name: String) throws(StoreError) -> String?

    /// A model; `nil` where there is none of this name.
    func model(named name: String) throws(StoreError) -> StoredModel?

    /// What there is, by name.
    func records() throws(StoreError) -> [ModelRecord]

    /// Stores a model, in place of one of the same name, if the precondition allows it; the check and the write are one.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - precondition: What must hold of the one that is there.
    /// - Returns: What happened.
    /// - Throws: Why it could not be stored; then nothing has changed, unless the connection was lost while it was
    ///   being made durable.
    func put(_ model: StoredModel, if precondition: Precondition) throws(StoreError) -> WriteOutcome

    /// Removes a model if the precondition allows it.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - precondition: What must hold of the one that is there.
    /// - Returns: What happened.
    /// - Throws: Why it could not be removed.
    func delete(_ name: String, if precondition: Precondition) throws(StoreError) -> WriteOutcome
}

/// What became of a write.
package enum WriteOutcome: Sendable, Equatable {
    /// There is a new name.
    case created
    /// What was there has been replaced.
    case replaced
    /// What was there is gone.
    case deleted
    /// There was nothing to delete.
    case missing
    /// The precondition does not hold.
    case refused
}

/// Whether a store can be used.
package enum StoreCondition: Sendable, Equatable {
    case usable
    /// It can be read; the last write found no room.
    case full
    case unreachable
}

/// Why a store could not do what was asked.
package enum StoreError: Error, Equatable {
    /// There is no room.
    case full(String)
    /// It can't be reached, or does not answer in time.
    case unreachable(String)
    /// It answers what it should not.
    case failed(String)

    /// Why, for those who run the service.
    package var reason: String {
        switch self {
        case .full(let reason), .unreachable(let reason), .failed(let reason): reason
        }
    }
}

/// `If-Match` and `If-None-Match` (RFC 9110, section 13.1).
package struct Precondition: Sendable {
    /// A list of entity tags, or `*` for any.
    package enum Tags: Sendable, Equatable {
        case any
        case list([String])

        /// Whether the tag of what is there, if anything is, is among these.
        func match(_ etag: String?) -> Bool {
            guard let etag else { return false }
            return switch self {
            case .any: true
            case .list(let tags): tags.contains(etag)
            }
        }
    }

    /// What must be there.
    package var match: Tags?
    /// What must not be there.
    package var noneMatch: Tags?

    /// Makes a precondition; by default one that always holds.
    package init(match: Tags? = nil, noneMatch: Tags? = nil) {
        self.match = match
        self.noneMatch = noneMatch
    }

    /// Whether it holds, given the tag of what is there.
    package func holds(for etag: String?) -> Bool {
        if let match, !match.match(etag) { return false }
        if let noneMatch, noneMatch.match(etag) { return false }
        return true
    }
}
