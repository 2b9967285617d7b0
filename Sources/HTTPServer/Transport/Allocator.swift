import CLinux
import Dispatch
import Glibc
import Synchronization

/// What the process does with the memory that it has freed.
///
/// By default the C library gives each large buffer back to the kernel at once and takes the next one page by page: a
/// third of a large request's time. Here freed memory is kept, and given back once the server is at rest.
package enum Allocator {
    /// Keeps what is freed from now on, for the whole process.
    package static func keepFreedMemory() {
        let large: Int32 = 1 << 30
        let settings = [
            (M_MMAP_THRESHOLD, large), (M_TRIM_THRESHOLD, large), (M_TOP_PAD, 64 << 20),
            // An arena for each thread would keep what is freed at its end for ever, and hold no block above 64 MiB.
            (M_ARENA_MAX, 1),
        ]
        for (option, value) in settings {
            // An allocator that stands in for the C library's, as a sanitizer's does, has no such options.
            _ = mallopt(option, value)
        }
    }

    /// Gives back to the kernel all that is kept and not in use.
    static func returnFreedMemory() { _ = malloc_trim(0) }

    /// The bytes of memory that the process has, or nil where the system does not say.
    static var residentBytes: Int? {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { System.close(descriptor) }
        var text = [UInt8](repeating: 0, count: 128)
        guard
            case .done(let count) = unsafe text.withUnsafeMutableBytes({ text in
                System.attempt { unsafe read(descriptor, text.baseAddress, text.count) }
            })
        else { return nil }
        // The second number is the resident set in pages.
        let numbers = text[..<count].split(separator: UInt8(ascii: " "))
        guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// Gives freed memory back when a server is at rest.
final class MemoryCaretaker: Sendable {
    private let isAtRest: @Sendable () -> Bool
    private let held: @Sendable () -> Int
    private let kept: Mutex<KeptMemory>

    /// A caretaker that looks at nothing yet.
    ///
    /// - Parameters:
    ///   - held: The bytes that requests hold now.
    ///   - isAtRest: Whether nothing is computed now.
    init(held: @escaping @Sendable () -> Int, isAtRest: @escaping @Sendable () -> Bool) {
        self.held = held
        self.isAtRest = isAtRest
        kept = Mutex(KeptMemory(resident: Allocator.residentBytes ?? 0))
    }

    /// Looks every two seconds from now on, as long as the value lives.
    func start() {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + 2) { [weak self] in
            guard let self else { return }
            if isAtRest() { look() }
            start()
        }
    }

    private func look() {
        guard let resident = Allocator.residentBytes else { return }
        // Read first: what is let go of from now on may be kept.
        let held = held()
        kept.withLock { kept in
            kept.wasSeen(resident: resident)
            guard kept.isWorthwhile(resident: resident, held: held) else { return }
            Allocator.returnFreedMemory()
            kept.wasReturned(resident: Allocator.residentBytes ?? resident, held: held)
        }
    }
}

/// How much of a process's memory may be what it has freed and kept.
package struct KeptMemory {
    /// How much it must be to be worth a walk through the heaps.
    package static let worthwhile = 32 << 20

    /// The least that the process has had, or had without what was held when memory was given back.
    private var floor: Int

    /// For a process that has just started.
    package init(resident: Int) { floor = resident }

    /// Takes note of what the process has.
    package mutating func wasSeen(resident: Int) { floor = min(floor, resident) }

    /// Whether to give it back, where the process has `resident` bytes and requests hold `held` of them.
    package func isWorthwhile(resident: Int, held: Int) -> Bool {
        resident - held >= floor + KeptMemory.worthwhile
    }

    /// Takes note that it was given back; what was held is kept once it is let go of.
    package mutating func wasReturned(resident: Int, held: Int) { floor = resident - held }
}
