import Foundation
import GradientService
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// What the service does where its store can't do what it is asked for, and with the memory that models take.
@Suite struct ModelServiceTests {
    /// A store that fails as it is told to, and otherwise keeps models in memory.
    private final class FailingStore: ModelStore {
        private let store: any ModelStore
        private let failure = Mutex<StoreError?>(nil)
        private let loads = Atomic<Int>(0)

        init() throws { store = try ModelLocation(nil).open(mostBytes: 1 << 30) }

        func fail(_ error: StoreError?) { failure.withLock { $0 = error } }

        /// How often a model has been read.
        var loadCount: Int { loads.load(ordering: .relaxed) }

        var condition: StoreCondition {
            switch failure.withLock({ $0 }) {
            case .unreachable: .unreachable
            case .full: .full
            default: .usable
            }
        }

        private func check() throws(StoreError) {
            if let error = failure.withLock({ $0 }) { throw error }
        }

        func etag(of name: String) throws(StoreError) -> String? {
            try check()
            return try store.etag(of: name)
        }
        func model(named name: String) throws(StoreError) -> StoredModel? {
            try check()
            loads.add(1, ordering: .relaxed)
            return try store.model(named: name)
        }
        func records() throws(StoreError) -> [ModelRecord] {
            try check()
            return try store.records()
        }
        func put(_ model: StoredModel, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
            try check()
            return try store.put(model, if: precondition)
        }
        func delete(_ name: String, if precondition: Precondition) throws(StoreError) -> WriteOutcome {
            try check()
            return try store.delete(name, if: precondition)
        }
    }

    private static let request: JSONTree = ["model": "m", "inputs": ["x": [0.1, 0.2, 0.3]]]

    @Test func `without its store the service says so in every protocol and computes what it can`() throws {
        let store = try FailingStore()
        let api = try ModelAPI(models: store)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        #expect(api.ask(.get, "/readyz").status == 200)
        store.fail(.unreachable("the password is geheim"))
        for (method, path) in [
            (.put, "/v1/models/m"), (.get, "/v1/models/m"), (.get, "/v1/models"), (.delete, "/v1/models/m"),
            (.post, "/v1/forward"), (.get, "/umbridge/Info"), (.get, "/tesseract/m/health"), (.get, "/v2/models/m"),
        ] as [(HTTPServer.Method, String)] {
            let body = path == "/v1/forward" ? Self.request : ModelAPI.tanh
            let response = api.ask(method, path, method == .get ? [] : body.bytes)
            #expect(response.status == 503 && response.fields["Retry-After"] == "1", "\(method) \(path)")
            #expect(!String(decoding: response.bytes, as: UTF8.self).contains("geheim"))
        }
        let whole: JSONTree = ["network": ModelAPI.tanh(bias: [0, 0]), "inputs": ["x": [1, 2, 3]]]
        #expect(try api.ask(.post, "/v1/forward", whole).0 == 200)
        // It is gone for every replica, so that none is to take requests in its place.
        #expect(try api.ask(.get, "/readyz", [:]).1 == ["status": "ready", "models": "unreachable"])
        #expect(api.ask(.get, "/v2/health/ready").status == 200 && api.ask(.get, "/healthz").status == 200)
        store.fail(nil)
        #expect(try api.ask(.post, "/v1/forward", Self.request).0 == 200)
        #expect(try api.ask(.get, "/readyz", [:]).1 == ["status": "ready"])
    }

    @Test func `until its store has been there once the service is not ready`() throws {
        let store = try FailingStore()
        let api = try ModelAPI(models: store)
        store.fail(.unreachable("no such host"))
        for path in ["/readyz", "/v2/health/ready"] {
            let response = api.ask(.get, path)
            #expect(response.status == 503 && response.fields["Retry-After"] == "1")
        }
        #expect(api.ask(.get, "/healthz").status == 200)
        store.fail(nil)
        #expect(api.ask(.get, "/readyz").status == 200 && api.ask(.get, "/v2/health/ready").status == 200)
    }

    @Test func `a full store answers 507 and is still read`() throws {
        let api = try ModelAPI(models: ModelLocation(nil).open(mostBytes: 1 << 20))
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        var large = ModelAPI.tanh
        large["description"] = .string(String(repeating: "x", count: 2 << 20))
        let (status, problem) = try api.ask(.put, "/v1/models/m", large)
        #expect(status == 507 && problem["detail"] == "the model store is full; nothing was stored")
        #expect(try api.ask(.get, "/readyz", [:]).1 == ["status": "ready", "models": "full"])
        #expect(try api.ask(.post, "/v1/forward", Self.request).0 == 200)
        #expect(api.ask(.delete, "/v1/models/m").status == 204)
        #expect(try api.ask(.get, "/readyz", [:]).1 == ["status": "ready"])
    }

    @Test func `a model is read once, by many at once too, and again where it has changed`() throws {
        let store = try FailingStore()
        let api = try ModelAPI(models: store)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            #expect(api.ask(.post, "/v1/forward", Self.request.bytes).status == 200)
        }
        #expect(store.loadCount == 1)
        let changed = ModelAPI.tanh.with("network", ModelAPI.tanh(bias: [0, 0]))
        #expect(try api.ask(.put, "/v1/models/m", changed).0 == 200)
        #expect(try api.ask(.post, "/v1/forward", Self.request).0 == 200)
        #expect(store.loadCount == 2)
    }

    @Test func `models are kept within a bound, those used last`() throws {
        let store = try FailingStore()
        // A model of two layers is reckoned with some 17 kB for its plans.
        let api = try ModelAPI(models: store, cacheBytes: 50_000)
        for (index, name) in ["a", "b", "c"].enumerated() {
            let model = ModelAPI.tanh.with("network", ModelAPI.tanh(bias: [.integer(index), 0]))
            #expect(try api.ask(.put, "/v1/models/\(name)", model).0 == 201)
        }
        func use(_ name: JSONTree) throws { _ = try api.ask(.post, "/v1/forward", Self.request.with("model", name)) }
        for name in ["a", "b", "a", "c", "a"] as [JSONTree] { try use(name) }
        #expect(store.loadCount == 3)
        try use("b")
        #expect(store.loadCount == 4)
    }

    @Test(
        arguments: [
            ("/v1/models/m", "GET", ""),
            ("/v1/forward", "POST", #"{"model":"m","inputs":{"x":[1,2,3]}}"#),
            ("/umbridge/Evaluate", "POST", #"{"name":"m","input":[[1,2,3]]}"#),
            ("/umbridge/Gradient", "POST", #"{"name":"m","input":[[1,2,3]],"outWrt":0,"inWrt":0,"sens":[1,2]}"#),
            ("/umbridge/ApplyJacobian", "POST", #"{"name":"m","input":[[1,2,3]],"outWrt":0,"inWrt":0,"vec":[1,2,3]}"#),
            (
                "/umbridge/ApplyHessian", "POST",
                #"{"name":"m","input":[[1,2,3]],"outWrt":0,"inWrt1":0,"inWrt2":0,"sens":[1,2],"vec":[1,2,3]}"#
            ),
            (
                "/tesseract/m/jacobian", "POST",
                #"{"inputs":{"x":[1,2,3]},"jac_inputs":["x","w"],"jac_outputs":["y"]}"#
            ),
            (
                "/v2/models/m/infer", "POST",
                #"{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[1,2,3]}]}"#
            ),
        ]
    )
    func `what is computed of a model reserves its memory and gives it back`(
        _ path: String,
        _ method: String,
        _ body: String
    ) throws {
        let memory = MemoryBudget(limit: 64 << 20)
        let api = try ModelAPI(memory: memory)
        #expect(try api.ask(.put, "/v1/models/m", ModelAPI.tanh).0 == 201)
        let (method, bytes) = (HTTPServer.Method(method.utf8), Array(body.utf8))
        #expect(api.ask(method, path, bytes).status == 200 && memory.reserved == 0)
        // Others leave room for reading the body and for no more.
        let others = memory.charge(memory.limit - readingNeed(of: bytes, limits: RequestLimits()))
        let refused = api.ask(method, path, bytes)
        #expect(refused.status == 503 && refused.fields["Retry-After"] == "1")
        withExtendedLifetime(others) {}
    }
}
