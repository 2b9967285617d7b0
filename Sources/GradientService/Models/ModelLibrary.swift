import Backprop
import Foundation
import HTTPServer
package import Logging
import Synchronization

/// The stored models as the service uses them: validated when they come, and kept in memory while they are used.
package final class ModelLibrary: Sendable {
    /// Where the models are kept.
    package let store: any ModelStore
    private let limits: RequestLimits
    private let logger: Logger
    private let cache: Mutex<ModelCache>
    /// Held while a model is taken into memory: many who ask for the same one wait for one copy of it.
    private let loading = Mutex(())

    /// Makes a library.
    ///
    /// - Parameters:
    ///   - store: Where models are kept.
    ///   - limits: The bounds of a model.
    ///   - cacheBytes: About how much memory models in use may take.
    ///   - logger: Where it is said why the store can't be used.
    package init(
        _ store: any ModelStore,
        limits: RequestLimits = RequestLimits(),
        cacheBytes: Int = 256 << 20,
        logger: Logger
    ) {
        self.store = store
        self.limits = limits
        self.logger = logger
        cache = Mutex(ModelCache(bound: cacheBytes))
    }

    /// A model by its name.
    ///
    /// The store is asked each time for the tag of what the name stands for, since another replica may have put
    /// something else; the model itself is read only where it is not in memory.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - pointer: Where in the body the name stands, if it does.
    /// - Returns: The model.
    /// - Throws: 404, or why the store can't be used.
    func model(named name: String, at pointer: JSONPointer? = nil) throws(Rejection) -> LoadedModel {
        do throws(StoreError) {
            if ModelName.isValid(name), let etag = try store.etag(of: name) {
                if let kept = cache.withLock({ $0.model(etag) }) { return kept }
                if let model = try loading.withLock({ (_) throws(StoreError) in try load(name, etag) }) { return model }
            }
        } catch {
            throw rejection(error)
        }
        throw Rejection(404, "there is no model called \(quoted(name))", at: pointer)
    }

    /// Takes a model into memory unless someone else has meanwhile; `nil` where it is gone.
    private func load(_ name: String, _ etag: String) throws(StoreError) -> LoadedModel? {
        if let kept = cache.withLock({ $0.model(etag) }) { return kept }
        guard let stored = try store.model(named: name) else { return nil }
        let model = try LoadedModel(stored, limits: limits)
        cache.withLock { $0.insert(model) }
        return model
    }

    /// What there is, by name.
    func records() throws(Rejection) -> [ModelRecord] {
        do throws(StoreError) { return try store.records() } catch { throw rejection(error) }
    }

    /// Validates and stores a model.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - body: The JSON text.
    ///   - precondition: What must hold of the one that is there.
    /// - Returns: Whether the name is new, and the entity tag.
    /// - Throws: What is wrong with it, or why it was not stored.
    func put(
        _ name: String,
        _ body: [UInt8],
        if precondition: Precondition
    ) throws(Rejection) -> (isNew: Bool, etag: String) {
        guard ModelName.isValid(name) else {
            throw Rejection(
                422,
                "a model's name is 1 to 128 of A-Z a-z 0-9 . _ -, and not . or ..; it is \(quoted(name))"
            )
        }
        let decoded = try DecodedModel(body, limits: limits)
        let document = decoded.document
        let etag = Array(SHA256.digest(document.text, document.weights).prefix(16)).hexadecimal
        var writer = JSONWriter()
        writer.tree(decoded.interface.summary)
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let record = ModelRecord(name: name, etag: etag, summary: writer.take(), created: now, updated: now)
        let model = StoredModel(record: record, document: document.text, weights: document.weights)
        let outcome: WriteOutcome
        do throws(StoreError) {
            outcome = try store.put(model, if: precondition)
        } catch {
            throw rejection(error)
        }
        if outcome == .refused { throw ModelLibrary.refusal }
        return (outcome == .created, etag)
    }

    /// Removes a model.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - precondition: What must hold of the one that is there.
    /// - Throws: 404, 412, or why the store can't be used.
    func delete(_ name: String, if precondition: Precondition) throws(Rejection) {
        let missing = Rejection(404, "there is no model called \(quoted(name))")
        guard ModelName.isValid(name) else { throw missing }
        let outcome: WriteOutcome
        do throws(StoreError) {
            outcome = try store.delete(name, if: precondition)
        } catch {
            throw rejection(error)
        }
        switch outcome {
        case .missing: throw missing
        case .refused: throw ModelLibrary.refusal
        default: return
        }
    }

    /// A precondition that does not hold.
    static let refusal = Rejection(412, "the model is not in the state that the precondition asks for")

    // MARK: The command line

    /// What there is, as JSON.
    package func listing() throws(Rejection) -> [UInt8] {
        var writer = JSONWriter()
        writer.tree(ModelListing.tree(try records()))
        writer.endLine()
        return writer.take()
    }

    /// A model as it was put, as JSON.
    package func document(_ name: String) throws(Rejection) -> [UInt8] { try model(named: name).json }

    /// Stores a model, whatever is there; says whether the name is new.
    package func put(_ name: String, _ body: [UInt8]) throws(Rejection) -> Bool {
        try put(name, body, if: Precondition()).isNew
    }

    /// Removes a model.
    package func delete(_ name: String) throws(Rejection) { try delete(name, if: Precondition()) }

    /// What a client is told; why the store can't be used is for the log.
    private func rejection(_ error: StoreError) -> Rejection {
        switch error {
        case .full(let reason):
            logger.error("the model store is full", metadata: ["reason": "\(reason)"])
            return Rejection(507, "the model store is full; nothing was stored")
        case .unreachable(let reason):
            logger.error("the model store can't be reached", metadata: ["reason": "\(reason)"])
            let detail = "the model store can't be reached at the moment"
            return Rejection(503, detail, fields: ["Retry-After": "1"])
        case .failed(let reason):
            logger.critical("the model store failed", metadata: ["reason": "\(reason)"])
            return Rejection(500, "the model store failed")
        }
    }
}

/// Models in memory by their tags, those used longest ago dropped first.
private struct ModelCache {
    private var entries: [String: (model: LoadedModel, size: Int, use: Int)] = [:]
    private var size = 0
    private var uses = 0
    private let bound: Int

    init(bound: Int) { self.bound = bound }

    mutating func model(_ etag: String) -> LoadedModel? {
        guard let entry = entries[etag] else { return nil }
        uses += 1
        entries[etag]?.use = uses
        return entry.model
    }

    mutating func insert(_ model: LoadedModel) {
        let added = model.size
        guard entries[model.etag] == nil, added <= bound else { return }
        while size + added > bound, let oldest = entries.min(by: { $0.value.use < $1.value.use }) {
            size -= oldest.value.size
            entries[oldest.key] = nil
        }
        uses += 1
        entries[model.etag] = (model, added, uses)
        size += added
    }
}
