package import Foundation
package import HTTPServer
import Synchronization

/// Decides who may do what: by bearer keys, or everyone everything where there are none.
package final class AccessControl: Sendable {
    /// How many requests a key has left for now.
    private struct Allowance {
        var requests: Double
        var since: Moment
    }

    private struct State {
        var keys: [Key]?
        var allowances: [String: Allowance] = [:]
    }

    private let state: Mutex<State>
    /// Asked of every request, which would otherwise all take the lock.
    private let hasKeys: Atomic<Bool>

    /// Makes a control.
    ///
    /// - Parameter keys: The keys; `nil` asks for none.
    package init(keys: [Key]? = nil) {
        state = Mutex(State(keys: keys))
        hasKeys = Atomic(keys != nil)
    }

    /// Whether there are keys; without, everyone may do everything.
    var asksForKeys: Bool { hasKeys.load(ordering: .acquiring) }

    /// Puts other keys in force; what a key has used of its rate stays used.
    package func replace(keys: [Key]) {
        state.withLock { $0.keys = keys }
        hasKeys.store(true, ordering: .releasing)
    }

    /// Why a request may not use an endpoint; `nil` where it may.
    ///
    /// - Parameters:
    ///   - head: The request.
    ///   - access: Who may use the endpoint.
    ///   - now: The time, for the rate.
    ///   - date: The time, for expiry.
    /// - Returns: 401, 403 or 429.
    package func rejection(
        of head: RequestHead,
        for access: Access,
        now: Moment = .now(),
        date: Date = Date()
    ) -> Rejection? {
        guard access != .open, let keys = state.withLock({ $0.keys }) else { return nil }
        guard let secret = AccessControl.secret(in: head.fields["Authorization"]) else {
            return .unauthorized("a key is needed: Authorization: Bearer KEY, or the key as Basic's password")
        }
        // Every key is compared, so that the time tells nothing of where one matched.
        let hash = SHA256.digest(Array(secret.utf8))
        var found: Key?
        for key in keys where SHA256.areEqual(key.hash, hash) { found = key }
        guard let key = found else { return .unauthorized("the key is not valid") }
        if let expiry = key.expiry, expiry <= date { return .unauthorized("the key has expired") }
        if case .rights(let rights) = access, key.rights.isDisjoint(with: rights) {
            return Rejection(403, "the key does not have the right: \(rights.text.replacing(",", with: " or "))")
        }
        return rateRejection(key, now)
    }

    /// Takes one request from what a key's rate allows: a second's worth at once, and one at least.
    private func rateRejection(_ key: Key, _ now: Moment) -> Rejection? {
        guard let rate = key.rate else { return nil }
        let wait: Double = state.withLock { state in
            let most = max(rate, 1)
            var allowance = state.allowances[key.name] ?? Allowance(requests: most, since: now)
            let passed = (now - allowance.since) / .seconds(1)
            allowance.requests = min(most, allowance.requests + max(passed, 0) * rate)
            allowance.since = now
            let isAllowed = allowance.requests >= 1
            if isAllowed { allowance.requests -= 1 }
            state.allowances[key.name] = allowance
            return isAllowed ? 0 : (1 - allowance.requests) / rate
        }
        if wait == 0 { return nil }
        let seconds = String(Int(min(wait, 86_400).rounded(.up)))
        return Rejection(429, "the key allows \(rate) requests a second", fields: ["Retry-After": seconds])
    }

    /// The key that a request shows: as bearer, or for clients that take it in the URL as Basic's password, or name
    /// where there is no password.
    private static func secret(in field: String?) -> String? {
        guard let field, let space = field.firstIndex(of: " ") else { return nil }
        let value = field[space...].trimmingCharacters(in: .whitespaces)
        switch field[..<space].lowercased() {
        case "bearer": return value.isEmpty ? nil : value
        case "basic":
            guard let data = Data(base64Encoded: value) else { return nil }
            let pair = String(decoding: data, as: UTF8.self)
            guard let colon = pair.firstIndex(of: ":") else { return nil }
            let password = String(pair[pair.index(after: colon)...])
            let secret = password.isEmpty ? String(pair[..<colon]) : password
            return secret.isEmpty ? nil : secret
        default: return nil
        }
    }
}

extension Rejection {
    /// A request without a valid key.
    fileprivate static func unauthorized(_ detail: String) -> Rejection {
        Rejection(401, detail, fields: ["WWW-Authenticate": "Bearer realm=\"nabla\", Basic realm=\"nabla\""])
    }
}
