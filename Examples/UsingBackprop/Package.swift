// swift-tools-version: 6.3
import PackageDescription

/// A program of its own that uses Backprop as a library, without the server.
///
/// It holds the code of Backprop's articles; a test compares the two, builds this package and runs it.
let package = Package(
    name: "UsingBackprop",
    dependencies: [.package(name: "nabla", path: "../..")],
    targets: [
        .executableTarget(name: "UsingBackprop", dependencies: [.product(name: "Backprop", package: "nabla")])
    ],
    swiftLanguageModes: [.v6]
)
