import Foundation

/// The memory that this process may have.
package enum MachineMemory {
    /// The bytes of the machine, or of the control group that the process is in if that has fewer.
    package static let available = min(physical, controlGroupLimit ?? physical)

    /// What requests in flight may take of it together, unless another figure is set: half.
    package static let standardBudget = available / 2

    private static var physical: Int {
        let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        return pages > 0 && size > 0 ? pages * size : 1 << 30
    }

    private static var controlGroupLimit: Int? {
        guard let groups = text("/proc/self/cgroup") else { return nil }
        return limitFiles(groups).compactMap { text($0).flatMap(limit) }.min()
    }

    /// The files that may hold a limit, from the contents of `/proc/self/cgroup`: the group's own and those above it.
    package static func limitFiles(_ groups: String) -> [String] {
        var files: [String] = []
        for line in groups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let (root, name): (String, String)
            if parts[0] == "0", parts[1].isEmpty {
                (root, name) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            // Within a container the group's own path may not be mounted, and its root is the group itself.
            var path = parts[2].split(separator: "/")
            files.append("\(root)/\(name)")
            while !path.isEmpty {
                files.append("\(root)/\(path.joined(separator: "/"))/\(name)")
                path.removeLast()
            }
        }
        return files
    }

    /// The limit that a file states; `nil` where it states none.
    package static func limit(_ text: String) -> Int? {
        let word = text.split(whereSeparator: \.isWhitespace).first
        return word.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
