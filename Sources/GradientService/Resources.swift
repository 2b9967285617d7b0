package import Foundation

/// The files that are shipped with the program.
package struct Resources: Sendable {
    private let folder: URL

    /// Finds the files: beside the program, wherever it was copied to.
    ///
    /// - Parameter program: The program's own path.
    package init(beside program: URL) {
        let folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
        self.folder = folder.appending(path: "nabla_GradientService.resources")
    }

    /// The program that is running.
    package static var ofThisProgram: Resources {
        Resources(beside: URL(filePath: "/proc/self/exe"))
    }

    /// Reads a file.
    ///
    /// - Parameter path: The path from the folder of resources.
    /// - Returns: Its bytes.
    /// - Throws: What the file system reports.
    package func read(_ path: String) throws -> [UInt8] { try bytes("Resources/\(path)") }

    /// Reads every file of the pages.
    ///
    /// - Returns: The files by their path from the pages' folder.
    /// - Throws: What the file system reports.
    package func pageFiles() throws -> [String: [UInt8]] {
        let root = folder.appending(path: "Playground")
        return try FileManager.default.subpathsOfDirectory(atPath: root.path).reduce(into: [:]) { files, path in
            let isFile = try root.appending(path: path).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
            if isFile == true { files[path] = try bytes("Playground/\(path)") }
        }
    }

    private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: path))) }
}
