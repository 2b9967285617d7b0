import GradientService
import Synchronization

/// Models in memory, the same ones for every input: what one input stores is gone for the next.
final class Shelf: ModelStore {
    private struct State {
        var models: [String: StoredModel] = [:]
        var first: [String: StoredModel] = [:]
    }

    private let state = Mutex(State())

    /// Keeps what is there as what every input finds.
    func keep() { state.withLock { $0.first = $0.models } }

    /// Puts back what was kept.
    func reset() { state.withLock { $0.models = $0.first } }

    var condition: StoreCondition { .usable }

    func etag(of name: String) -> String? { state.withLock { $0.models[name]?.record.etag } }

    func model(named name: String) -> StoredModel? { state.withLock { $0.models[name] } }

    func records() -> [ModelRecord] {
        state.withLock { $0.models.values.map(\.record).sorted { $0.name < $1.name } }
    }

    func put(_ model: StoredModel, if precondition: Precondition) -> WriteOutcome {
        state.withLock { state in
            let old = state.models[model.record.name]
            guard precondition.holds(for: old?.record.etag) else { return .refused }
            state.models[model.record.name] = model
            return old == nil ? .created : .replaced
        }
    }

    func delete(_ name: String, if precondition: Precondition) -> WriteOutcome {
        state.withLock { state in
            guard let old = state.models[name] else { return .missing }
            guard precondition.holds(for: old.record.etag) else { return .refused }
            state.models[name] = nil
            return .deleted
        }
    }
}
