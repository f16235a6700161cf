// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6, warnings are errors, `async` functions stay on their caller's loop.
let strict: [SwiftSetting] = [
    // Small modules, one program: the optimiser may look across them. A tenth of a request's time.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Targets without C and without `unsafe`: the compiler refuses both.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "hotplug-apiserver",
    products: [.executable(name: "hotplug-apiserver", targets: ["hotplug-apiserver"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries behind shims.
        .target(name: "CLinux"),
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Bottom: values, the loop, TLS, bytes on the wire.
        .target(name: "KubeModel", dependencies: ["Yams"], swiftSettings: safe),
        .target(name: "Reactor", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "TLS", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "HTTPWire", swiftSettings: safe),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "HTTP2Wire", dependencies: ["CNghttp2", "HTTPWire"], swiftSettings: strict),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "KubeClient", dependencies: ["CCurl", "KubeModel", "Reactor"], swiftSettings: strict),
        .target(name: "Deflate", dependencies: ["CZlib"], swiftSettings: strict),
        .target(
            name: "HTTPServer", dependencies: ["HTTP2Wire", "HTTPWire", "Reactor", "TLS", log], swiftSettings: safe),

        // The API.
        .target(
            name: "EmbeddedCluster",
            dependencies: ["KubeModel", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: safe),
        .target(
            name: "APIServer", dependencies: ["Deflate", "HTTPServer", "HTTPWire", "KubeModel", "Reactor", "TLS", log],
            swiftSettings: safe),
        .target(name: "HotplugAPI", dependencies: ["KubeModel"], swiftSettings: safe),
        .target(
            name: "RemoteCluster", dependencies: ["HotplugAPI", "KubeClient", "KubeModel", "Reactor"],
            swiftSettings: safe),
        .target(
            name: "DelegatedAuth",
            dependencies: ["APIServer", "HTTPServer", "HTTPWire", "KubeClient", "KubeModel", "Reactor", "TLS", log],
            swiftSettings: safe),
        .target(
            name: "EmbeddedKubeVirt", dependencies: ["HotplugAPI", "KubeModel", "Reactor", "TLS", log],
            swiftSettings: safe),
        .executableTarget(
            name: "hotplug-apiserver",
            dependencies: [
                "APIServer", "DelegatedAuth", "EmbeddedCluster", "EmbeddedKubeVirt", "HotplugAPI", "HTTP2Wire",
                "HTTPServer", "HTTPWire", "KubeClient", "KubeModel", "Reactor", "RemoteCluster", "TLS", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: safe),

        // Tests mirror the modules; EndToEndTests drives the built binary.
        .target(
            name: "HTTP1Messages", dependencies: ["HTTPWire"], path: "Tests/HTTP1Messages", swiftSettings: safe),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTP1Messages", "HTTPWire"], swiftSettings: strict),
        .target(name: "HTTP2Frames", dependencies: ["CNghttp2"], path: "Tests/HTTP2Frames", swiftSettings: safe),
        .testTarget(
            name: "HTTP2WireTests", dependencies: ["HTTP2Frames", "HTTP2Wire", "HTTPWire"], swiftSettings: strict),
        .testTarget(name: "DeflateTests", dependencies: ["Deflate"], swiftSettings: strict),
        .testTarget(name: "TLSTests", dependencies: ["COpenSSL", "TLS"], swiftSettings: strict),
        .testTarget(name: "ReactorTests", dependencies: ["Reactor"], swiftSettings: strict),
        .testTarget(
            name: "HTTPServerTests", dependencies: ["HTTP2Frames", "HTTPServer", "HTTPWire", "Reactor", "TLS", log],
            swiftSettings: strict),
        .testTarget(
            name: "APIServerTests", dependencies: ["APIServer", "HTTPServer", "HTTPWire", "KubeModel", log],
            swiftSettings: strict),
        .target(
            name: "FakeKubeAPIServer",
            dependencies: ["HTTPServer", "HTTPWire", "KubeClient", "KubeModel", "Reactor", "TLS", log],
            path: "Tests/FakeKubeAPIServer", swiftSettings: safe),
        .testTarget(
            name: "KubeClientTests", dependencies: ["FakeKubeAPIServer", "KubeClient", "KubeModel", "Reactor", "TLS"],
            swiftSettings: strict),
        .testTarget(
            name: "RemoteClusterTests",
            dependencies: ["FakeKubeAPIServer", "HotplugAPI", "KubeClient", "KubeModel", "Reactor", "RemoteCluster"],
            swiftSettings: strict),
        .testTarget(
            name: "DelegatedAuthTests",
            dependencies: [
                "APIServer", "DelegatedAuth", "FakeKubeAPIServer", "HTTPServer", "HTTPWire", "KubeClient", "KubeModel",
                "Reactor", "TLS", log,
            ], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["FakeKubeAPIServer", "Fuzzing", "KubeModel", "TLS"],
            swiftSettings: strict),
        .testTarget(name: "KubeModelTests", dependencies: ["KubeModel"], swiftSettings: strict),
        .testTarget(name: "HotplugAPITests", dependencies: ["HotplugAPI", "KubeModel"], swiftSettings: strict),
        .testTarget(
            name: "EmbeddedClusterTests",
            dependencies: ["EmbeddedCluster", "KubeModel", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .testTarget(
            name: "EmbeddedKubeVirtTests",
            dependencies: ["EmbeddedCluster", "EmbeddedKubeVirt", "HotplugAPI", "KubeModel", "Reactor", log],
            swiftSettings: strict),
        .testTarget(
            name: "ResourceAPITests",
            dependencies: ["APIServer", "EmbeddedCluster", "HTTPServer", "HTTPWire", "KubeModel", "Reactor", log],
            swiftSettings: strict),
        .testTarget(name: "ManifestsTests", dependencies: ["KubeModel"], swiftSettings: strict),
        .target(name: "Fuzzing", path: "Tests/Fuzzing", exclude: ["Corpus"], swiftSettings: safe),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "APIServer", "Fuzzing", "HTTP1Messages", "HTTP2Frames", "HTTP2Wire", "HTTPWire", "KubeClient",
                "KubeModel",
            ], path: "Tests/FuzzTargets", swiftSettings: safe),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "Fuzzing"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// `make fuzz`: every target counts its edges for libFuzzer, which brings the `main` of this one program.
if Context.environment["HOTPLUG_LIBFUZZER"] != nil {
    for target in package.targets where target.type == .regular && !target.name.hasPrefix("C") {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=fuzzer"])]
    }
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "Fuzzing"], path: "Tests/FuzzDriver", swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}
