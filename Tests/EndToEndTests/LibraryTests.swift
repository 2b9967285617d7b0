import Foundation
import Testing

/// `Backprop` as another package sees it.
@Suite struct LibraryTests {
    private static let package = root.appending(path: "Examples/UsingBackprop")

    /// The code of each article, word for word, indentation apart.
    @Test(arguments: [
        ("HowAGradientFlows", ["GradientFlow"], 5), ("AddALayer", ["AddedLayers"], 3),
    ])
    func `an article's code is that of the example`(_ article: String, _ files: [String], _ count: Int) throws {
        let text = try String(
            contentsOf: root.appending(path: "Sources/Backprop/Backprop.docc/\(article).md"),
            encoding: .utf8
        )
        let sources = try files.map {
            try String(contentsOf: Self.package.appending(path: "Sources/UsingBackprop/\($0).swift"), encoding: .utf8)
        }
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count == count)
        for block in blocks {
            #expect(sources.contains { unindented($0).contains(unindented(block)) }, "\(block)")
        }
    }

    @Test func `a package that depends on the library alone builds and runs`() throws {
        // The folder is kept, so that only the first run builds everything; but not the plan of the build, for which
        // the package manager does not look whether a package that stands in another folder has new files.
        let scratch = root.appending(path: ".build/examples")
        let plan = scratch.appending(path: "debug.yaml")
        if FileManager.default.fileExists(atPath: plan.path) { try FileManager.default.removeItem(at: plan) }
        let built = try run(
            "/usr/bin/env",
            [
                "swift", "run", "--package-path", Self.package.path,
                "--scratch-path", scratch.path,
            ]
        )
        let output = String(decoding: built.output, as: UTF8.self)
        #expect(built.status == 0, "\(built.errors.suffix(2000))")
        #expect(output.contains("agrees with differences: true"))
        #expect(output.contains("added layers agree with differences: true"))
    }

    private func unindented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: true)
            .map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
