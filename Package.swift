// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "transponder",
    products: [
        .executable(name: "transponder", targets: ["transponder"]),
        .executable(name: "transponder-relay", targets: ["transponder-relay"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .target(name: "CLibav"),
        .target(name: "CSRT"),

        module("Media", [nioCore]),
        module("Linux", ["CLinux"]),
        module("Contract"),
        module("Health", ["Contract"]),
        module("Logs", [logging]),
        module("Startup", ["Contract", nioCore]),
        module("Control", ["Contract", "Linux"]),
        module("Containers", ["Contract", "Linux", logging]),
        module("Settings", ["Contract", "Linux", "Wire", yams]),
        module("Wire", ["Media", nioCore]),
        module("Web", [nioCore, nioHTTP]),
        module("Sockets", ["Contract", "Linux", nioCore, nioPosix, logging]),
        module(
            "FrontDoor",
            [
                "Contract", "Linux", "Sockets", "Web", "Wire", nioCore, nioPosix, nioHTTP, nioTLS, nioSSL, logging,
            ]
        ),
        module("Libav", ["CLibav", "Media", nioCore]),
        module("SRT", ["CSRT", "Linux", nioCore]),
        module("Tape", ["CLinux", "Linux", "Media", nioCore]),
        module("Fanout", ["Linux", "Tape", nioCore, logging]),
        module("Relay", ["Contract", "Health", "Libav", "Media", "Tape", "Wire", nioCore, logging]),
        module(
            "Endpoints",
            [
                "Contract", "Control", "Fanout", "Health", "Linux", "Media", "Relay", "SRT", "Sockets", "Startup",
                "Tape",
                "Web",
                "Wire",
                nioCore, nioPosix, nioHTTP, logging,
            ]
        ),
        module("Supervisor", ["Containers", "Contract", "Control", "Health", "Linux", logging]),
        module("Console", ["Contract", "Health", "Web", nioCore, nioHTTP]),
        module("Rehearsal", ["Linux", "Media", "Wire", nioCore]),
        program(
            "transponder-relay",
            ["Contract", "Control", "Endpoints", "Linux", "Logs", "Settings", "Sockets", "Startup", arguments, logging]
        ),
        program(
            "transponder",
            [
                "Console", "Containers", "Contract", "Control", "FrontDoor", "Linux", "Logs", "Rehearsal", "Settings",
                "Sockets", "Startup", "Supervisor", "Web", nioCore, nioPosix, nioHTTP, arguments, logging,
            ]
        ),

        tests("MediaTests", ["Media", nioCore]),
        tests("LinuxTests", ["Linux"]),
        tests("HealthTests", ["Contract", "Health"]),
        tests("LogsTests", ["Logs", logging]),
        tests("ControlTests", ["Contract", "Control", "Linux"]),
        tests("StartupTests", ["Contract", "Sockets", "Startup"]),
        tests("SocketsTests", ["Contract", "Linux", "Sockets", "Toolkit", logging]),
        .target(
            name: "FrontDoorToolkit",
            dependencies: ["Contract", "FrontDoor", "Linux", "Sockets", "Toolkit", "Wire", nioCore, logging],
            path: "Tests/FrontDoorToolkit",
            swiftSettings: strict
        ),
        tests("FrontDoorTests", ["Contract", "FrontDoor", "FrontDoorToolkit", "Wire", nioCore]),
        tests(
            "FrontDoorIntegrationTests",
            ["Contract", "FrontDoor", "FrontDoorToolkit", "Linux", "Toolkit", "Wire", nioCore, logging]
        ),
        tests("WebTests", ["Web", nioCore, nioEmbedded, nioHTTP]),
        tests("SettingsTests", ["Contract", "Linux", "Settings"]),
        .target(
            name: "FuzzEntries",
            dependencies: ["Media", "Web", "Wire", nioCore],
            path: "Tests/Fuzz/Entries",
            swiftSettings: strict
        ),
        tests("WireTests", ["FuzzEntries", "Media", "Toolkit", "Wire", nioCore], resources: [.copy("Corpus")]),
        tests("LibavTests", ["Libav", "Media", "Toolkit", "Wire", nioCore]),
        tests("TapeTests", ["Linux", "Media", "Tape", nioCore]),
        tests("FanoutTests", ["Fanout", "Linux", "Media", "Tape", nioCore]),
        tests("RelayTests", ["Contract", "Health", "Media", "Relay", "Tape", "Wire", nioCore]),
        tests(
            "EndpointsTests",
            [
                "Contract", "Endpoints", "Health", "Linux", "Media", "Relay", "Toolkit", "Web", "Wire", nioCore,
                nioEmbedded, logging,
            ]
        ),
        tests("SupervisorTests", ["Containers", "Contract", "Control", "Linux", "Supervisor", "Toolkit", logging]),
        tests(
            "ConsoleTests",
            ["Console", "Contract", "Health", "Web", nioCore, nioHTTP],
            resources: [.copy("Support/conform.py")]
        ),
        tests("RehearsalTests", ["Linux", "Media", "Rehearsal", "Wire", nioCore]),
        tests("ContainersTests", ["Containers", "Contract", "Linux"]),
        .executableTarget(name: "escape", path: "Tests/Escape"),
        .executableTarget(
            name: "abandon",
            dependencies: ["Containers", "Contract", "Linux"],
            path: "Tests/Abandon",
            swiftSettings: strict
        ),
        tests(
            "ContainerIntegrationTests",
            ["Containers", "Contract", "Linux", "Toolkit", "abandon", "escape", "transponder-relay"]
        ),
        tests("HostIntegrationTests", ["Toolkit", "transponder", "transponder-relay"]),
        tests("LayeringTests", []),
        .target(name: "Toolkit", dependencies: [], path: "Tests/Toolkit", swiftSettings: strict),
        tests(
            "ControlIntegrationTests",
            ["Contract", "Control", "Linux", "Sockets", "Toolkit", "Wire", nioCore, logging, "transponder-relay"]
        ),
        tests("IntegrationTests", ["Media", "Toolkit", "Wire", nioCore, "transponder-relay"]),
    ],
    swiftLanguageModes: [.v6]
)

// A fuzzer has a main of its own and wants everything built for it: only `.ci/fuzz` asks for it.
if Context.environment["TRANSPONDER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "transponder-fuzz",
            dependencies: ["FuzzEntries", nioCore],
            path: "Tests/Fuzz/Driver",
            swiftSettings: strict
        )
    )
}
