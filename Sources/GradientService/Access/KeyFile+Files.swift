import Foundation
import Glibc

extension KeyFile {
    /// A file as it was read.
    struct Content {
        let bytes: [UInt8]
        let mode: mode_t
        let owner: uid_t
        let group: gid_t
    }

    /// Reads a file and what the very same file's permissions are.
    static func read(_ path: String) throws(Fault) -> Content {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Fault(path, "can't be read") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Fault(path, "can't be read") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Fault(description: "\(path) is not a file") }
        guard let data = try? file.readToEnd() ?? Data() else { throw Fault(path, "can't be read") }
        return Content(
            bytes: [UInt8](data),
            mode: status.st_mode & 0o7777,
            owner: status.st_uid,
            group: status.st_gid
        )
    }

    /// Adds a line to a file, which is made for its owner alone if need be; it keeps its owner and permissions.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - name: The name of the key in it, which the file must not have.
    ///   - path: The file.
    /// - Throws: Why it can't be added; then the file is as it was.
    package static func add(_ line: String, named name: String, to path: String) throws(Fault) {
        // Where the name is a link it is the file that is replaced.
        let file = URL(filePath: path).resolvingSymlinksInPath()
        // Of two that add at once one waits for the other; the folder needs no tidying up after it.
        let folder = unsafe open(file.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Fault(path, "can't be written") }
        defer { close(folder) }
        guard flock(folder, LOCK_EX) == 0 else { throw Fault(path, "can't be written") }

        var present: Content?
        if unsafe access(file.path, F_OK) == 0 {
            if try KeyFile(path: file.path, mayBeEmpty: true).keys.contains(where: { $0.name == name }) {
                throw Fault(description: "\(path) has a key of this name already")
            }
            present = try read(file.path)
        }
        var bytes = present?.bytes ?? []
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        bytes += Array((line + "\n").utf8)
        // A server that reads the file meanwhile sees the one or the other, never half.
        let draft = file.path + ".new"
        do throws(Fault) {
            try write(bytes, to: draft, like: present)
            guard unsafe rename(draft, file.path) == 0 else { throw Fault(path, "can't be written") }
        } catch {
            _ = unsafe unlink(draft)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, like present: Content?) throws(Fault) {
        _ = unsafe unlink(path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Fault(path, "can't be written") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        if let present {
            guard fchown(descriptor, present.owner, present.group) == 0, fchmod(descriptor, present.mode) == 0 else {
                throw Fault(path, "can't be given the owner of the file that it replaces")
            }
        }
        do {
            try file.write(contentsOf: bytes)
            try file.synchronize()
        } catch {
            throw Fault(description: "\(path) can't be written")
        }
    }
}

extension KeyFile.Fault {
    /// What the system says was wrong with a file.
    fileprivate init(_ path: String, _ what: String) {
        let reason = unsafe String(cString: strerror(errno))
        self.init(description: "\(path) \(what): \(reason)")
    }
}
