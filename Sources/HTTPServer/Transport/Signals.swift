import Dispatch
import Glibc
import Logging
import Synchronization

extension Server {
    /// Waits for SIGTERM or SIGINT, then drains; a second signal ends the process at once, with 128 and its number.
    ///
    /// Call it once, after `start`. The signals lose their default action from then on.
    package func drainOnSignal() async -> DrainReport {
        let watch = SignalWatch()
        await watch.first([SIGTERM, SIGINT])
        return await drain()
    }

    /// Reads certificate and key again at each SIGHUP; what cannot be used is logged and changes nothing.
    ///
    /// Call it once. The signal loses its default action from then on.
    package func reloadOnHangUp() {
        hangUps.watch { [weak self] in self?.reload() }
    }

    private func reload() {
        do throws(TLSFault) {
            try loadTLS()
            logger.notice("certificate and key were read again")
        } catch {
            logger.error("the certificate stays as it was: \(error)")
        }
    }
}

/// A dispatch source for SIGHUP, on a queue of its own.
final class HangUps: Sendable {
    private let source = Mutex<(any DispatchSourceSignal)?>(nil)

    func watch(_ handler: @escaping @Sendable () -> Void) {
        // A source sees signals only where they have no other action.
        _ = signal(SIGHUP, SIG_IGN)
        source.withLock { source in
            let queue = DispatchQueue(label: "nabla.http.hangups")
            let watched = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
            watched.setEventHandler(handler: handler)
            watched.activate()
            source = watched
        }
    }
}

/// Dispatch sources for signals, on a queue of their own.
private final class SignalWatch: Sendable {
    private struct State {
        // Kept so that they go on firing for the second signal.
        var sources: [any DispatchSourceSignal] = []
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "nabla.http.signals")

    /// Returns at the first of these signals.
    func first(_ signals: [Int32]) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.waiting = continuation
                for number in signals {
                    // A source sees signals only where they have no other action.
                    _ = signal(number, SIG_IGN)
                    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                    source.setEventHandler { @Sendable [self] in received(number) }
                    source.activate()
                    state.sources.append(source)
                }
            }
        }
    }

    private func received(_ number: Int32) {
        let waiting = state.withLock { $0.waiting.take() }
        guard let waiting else { _exit(128 + number) }
        waiting.resume()
    }
}
