import Logging
import Synchronization

/// How a queue takes connections in, or turns them away.
extension IOQueue {
    /// Connections beyond the limit that may linger at once.
    private static let mostTurnedAway = 256

    /// Accepts a batch; gives whether more may be waiting.
    @discardableResult
    func accept() -> Bool {
        for _ in 0..<64 {
            switch acceptor.next(epoll) {
            case .accepted(let descriptor): admit(descriptor)
            case .none: return false
            case .exhausted(let error):
                shared.logger.warning("cannot accept: \(error)")
                shared.refusedConnections.add(1, ordering: .relaxed)
                return false
            }
        }
        return true
    }

    private func admit(_ descriptor: Int32) {
        shared.accepted.add(1, ordering: .relaxed)
        let isAdmitted = shared.open.add(1, ordering: .relaxed).newValue <= shared.limits.values.connections
        if !isAdmitted { shared.open.subtract(1, ordering: .relaxed) }
        let machine = ConnectionMachine(limits: shared.limits, at: now)
        let connection = connections.insert {
            Connection(descriptor, token: $0, machine: machine, isCounted: isAdmitted)
        }
        do throws(SystemError) {
            try epoll.add(descriptor, [.readable, .writable, .peerFinished, .edges], token: connection.token)
        } catch {
            shared.logger.warning("cannot watch a connection: \(error)")
            close(connection)
            return
        }
        if let context = shared.context.withLock({ $0 }) {
            connection.session = context.makeSession(wire)
            // Never the content without TLS.
            if connection.session == nil {
                shared.logger.warning("no memory for a TLS session")
                close(connection)
                return
            }
        }
        if isDraining { _ = connection.machine.stopAfterCurrent() }
        if !isAdmitted { turnAway(connection) }
    }

    /// Over the limit of connections: 503 and close, so that the client learns why and the listener never stalls.
    private func turnAway(_ connection: Connection) {
        shared.refusedConnections.add(1, ordering: .relaxed)
        let limit = shared.limits.values.connections
        let refusal = Refusal(503, "\(limit) connections are open", fields: ["Retry-After": "1"])
        turnedAway += 1
        carryOut(connection.machine.turnAway(refusal), connection)
        settle(connection)
        // They linger a second, which in a flood would be a way round the limit.
        if turnedAway > IOQueue.mostTurnedAway { close(connection) }
    }
}
