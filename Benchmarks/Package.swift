// swift-tools-version: 6.3
import PackageDescription

/// The settings of the project's own manifest.
let memorySafe: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .treatWarning("StrictLanguageFeatures", as: .error),
    .strictMemorySafety(),
]

// The project's targets once more, from the same files, as in Fuzzing: what is measured is `package`, and visible in
// its own package alone.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
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
        .target(name: "CNumberText", path: "Project/CNumberText"),
        .target(name: "Backprop", dependencies: ["COpenBLAS"], path: "Project/Backprop", swiftSettings: memorySafe),
        .target(
            name: "HTTPServer",
            dependencies: ["CLinux", "COpenSSL", "CZlib", .product(name: "Logging", package: "swift-log")],
            path: "Project/HTTPServer",
            swiftSettings: memorySafe
        ),
        .target(
            name: "Observability",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Project/Observability",
            swiftSettings: memorySafe
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
            swiftSettings: memorySafe
        ),
        .target(name: "CAllocationMeter", path: "Meter"),
        .executableTarget(
            name: "nabla-benchmarks",
            dependencies: [
                "Backprop", "CAllocationMeter", "COpenBLAS", "GradientService", "HTTPServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/NablaBenchmarks",
            swiftSettings: memorySafe
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
