/// The page of notices: what the pages ship of others' work, with version, source, hash and licence of each.
enum NoticesPage {
    /// The page, made from the list that the script which takes the files writes.
    ///
    /// - Parameter listing: The list, in JSON.
    /// - Returns: The page.
    /// - Throws: What is wrong with the list.
    static func file(_ listing: [UInt8]) throws -> PageFile {
        let libraries = try JSONTree(parsing: listing)["libraries"]?.elements ?? []
        return PageShell.page(
            "Licences",
            lead: "Nabla is under the Apache License 2.0; its pages ship the following works of others, unchanged.",
            content: libraries.map(section).joined(separator: "\n")
        )
    }

    private static func section(_ library: JSONTree) -> String {
        func text(_ name: String) -> String { escapedForHTML(library[name]?.text ?? "") }
        let folder = "/assets/vendor/\(text("folder"))"
        let rows = (library["files"]?.elements ?? []).map { file in
            let path = escapedForHTML(file["path"]?.text ?? "")
            let bytes = file["bytes"].map(ReferenceText.line) ?? ""
            let hash = escapedForHTML(file["sha256"]?.text ?? "")
            return """
                <tr><th scope="row"><a href="\(folder)/\(path)">\(path)</a></th><td class="number">\(bytes)</td>
                <td><code>\(hash)</code></td></tr>
                """
        }
        return """
            <section class="entry"><h2>\(text("name")) \(text("version"))</h2>
            <p><a href="\(folder)/LICENSE">\(text("licence")) licence</a>. From the Python wheel <code>\(text("source"))</code>,
            sha256 <code>\(text("source_sha256"))</code>; its home is \(text("home")).</p>
            <div class="table-frame" tabindex="0" role="group" aria-label="Files of \(text("name"))"><table class="list">
            <thead><tr><th scope="col">File</th><th scope="col">Bytes</th><th scope="col">sha256</th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div></section>
            """
    }
}
