// swift-tools-version: 6.3
import PackageDescription

/// What is fuzzed counts its branches and watches its memory; the libraries that it uses are left as they are.
let fuzzed: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address"]),
]

/// A program that feeds one part of the project with what libFuzzer makes up.
func fuzzer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Fuzz"] + dependencies,
        swiftSettings: fuzzed,
        // By gold, the toolchain's choice, a warning of a symbol of Address Sanitizer's stands beside each program.
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
    )
}

// The project's targets once more, from the same files: see Documentation/decisions/0006-fuzzing-package.md.
let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS", path: "Project/COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "COpenSSL", path: "Project/COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CPostgreSQL", path: "Project/CPostgreSQL", pkgConfig: "libpq"),
        .systemLibrary(name: "CLinux", path: "Project/CLinux"),
        .systemLibrary(name: "CZlib", path: "Project/CZlib", pkgConfig: "zlib"),
        .target(
            name: "CNumberText",
            path: "Project/CNumberText",
            cxxSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
        ),
        .target(name: "Backprop", dependencies: ["COpenBLAS"], path: "Project/Backprop", swiftSettings: fuzzed),
        .target(
            name: "HTTPServer",
            dependencies: ["CLinux", "COpenSSL", "CZlib", .product(name: "Logging", package: "swift-log")],
            path: "Project/HTTPServer",
            swiftSettings: fuzzed
        ),
        .target(
            name: "Observability",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Project/Observability",
            swiftSettings: fuzzed
        ),
        .target(
            name: "GradientService",
            dependencies: [
                "Backprop", "CNumberText", "COpenSSL", "CPostgreSQL", "HTTPServer", "Observability",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Project/GradientService",
            exclude: ["Playground", "Resources"],
            swiftSettings: fuzzed
        ),
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "Fuzz", dependencies: ["CLibFuzzer"], swiftSettings: fuzzed),
        fuzzer("FuzzHead", "HTTPServer"),
        fuzzer("FuzzChunks", "HTTPServer"),
        fuzzer("FuzzInflation", "HTTPServer"),
        fuzzer("FuzzJSON", "Backprop", "GradientService"),
        fuzzer("FuzzRequest", "Backprop", "GradientService", "HTTPServer"),
        fuzzer("FuzzService", "GradientService", "HTTPServer", .product(name: "Logging", package: "swift-log")),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
