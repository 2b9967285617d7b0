import HTTPServer

/// The pages for people and the files that they are made of: scripts, styles, fonts.
struct Pages: Sendable {
    /// The playground.
    let playground: PageFile
    private let files: [String: PageFile]

    /// Reads the files that are shipped with the program.
    ///
    /// - Parameter resources: The files.
    /// - Throws: A file that can't be read or is not there.
    init(_ resources: Resources) throws {
        var files = try resources.pageFiles()
        func take(_ path: String) throws -> [UInt8] {
            guard let bytes = files.removeValue(forKey: path) else { throw MissingFile(path: path) }
            return bytes
        }
        playground = PageFile("text/html; charset=utf-8", try take("playground.html"))
        self.files = files.reduce(into: [:]) { $0[$1.key] = PageFile(path: $1.key, $1.value) }
    }

    struct MissingFile: Error {
        let path: String
    }

    /// A route for each file: a path that is not in the list leads nowhere.
    var routes: [Route] {
        files.sorted { $0.key < $1.key }.map { path, file in
            Route(.get, "/assets/\(path)") { request, _ in .ready(file.response(to: request.head)) }
        }
    }
}
