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
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// The two programs, and what they share: the folders of `Sources` and of `Tests`.
enum House: String {
    case host = "Host"
    case relay = "Relay"
    case shared = "Shared"
}

func module(
    _ name: String,
    in house: House,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(house.rawValue)/\(name)",
        resources: resources,
        swiftSettings: strict
    )
}

/// A protocol that a relay speaks. None knows another.
func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    let common: [Target.Dependency] = [
        "Admission", "Contract", "Fanout", "Linux", "Media", "Sessions", "Sockets", "Streams", nioCore, logging,
    ]
    return module(name, in: .relay, common + dependencies)
}

func program(
    _ name: String,
    in house: House,
    _ dependencies: [Target.Dependency],
    linking: [LinkerSetting] = []
) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(house.rawValue)/\(name)",
        swiftSettings: strict,
        linkerSettings: linking
    )
}

/// What tests share.
func toolkit(_ name: String, at path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(path)", swiftSettings: strict)
}

func tests(
    _ name: String,
    in house: House,
    _ dependencies: [Target.Dependency],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(house.rawValue)/\(name)",
        resources: resources,
        swiftSettings: strict
    )
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
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux", path: "Sources/Shared/CLinux"),
        .target(name: "CLibav", path: "Sources/Relay/CLibav"),
        .target(name: "CSRT", path: "Sources/Relay/CSRT"),
        .target(name: "CCurl", path: "Sources/Host/CCurl"),

        module("Encodings", in: .shared),
        module("Media", in: .shared, ["Encodings", nioCore]),
        module("Linux", in: .shared, ["CLinux"]),
        module("Capacity", in: .shared),
        module("Contract", in: .shared, ["Capacity"]),
        module("Health", in: .shared, ["Contract", "Encodings"]),
        module("Logs", in: .shared, ["Encodings", logging]),
        module("Greeting", in: .shared, ["Contract", nioCore]),
        module("Control", in: .shared, ["Contract", "Linux"]),
        module("Containers", in: .host, ["Contract", "Linux", logging]),
        module("Settings", in: .shared, ["Capacity", "Contract", "Linux", "Wire", yams]),
        module("Wire", in: .shared, ["Encodings", "Media", crypto, nioCore]),
        module("Web", in: .shared, ["Encodings", nioCore, nioHTTP]),
        module("Sockets", in: .shared, ["Contract", "Linux", "Wire", nioCore, nioPosix, logging]),
        module(
            "FrontDoor",
            in: .host,
            [
                "Contract", "Linux", "Sockets", "Web", "Wire", nioCore, nioPosix, nioHTTP, nioTLS, nioSSL, logging,
            ]
        ),
        module("Libav", in: .relay, ["CLibav", "Media", nioCore]),
        module("SRT", in: .relay, ["CSRT", "Linux", nioCore]),
        module("Tape", in: .relay, ["Capacity", "CLinux", "Linux", "Media", nioCore]),
        module("Fanout", in: .relay, ["Linux", "Media", "Tape", nioCore, logging]),
        module(
            "Streams",
            in: .relay,
            ["Capacity", "Contract", "Health", "Libav", "Linux", "Media", "Tape", "Wire", nioCore, logging]
        ),
        module("Inspection", in: .relay, ["Contract", "Libav", "Linux", "Media", "Streams", "Tape", nioCore]),
        module("Admission", in: .relay, ["Contract", "Linux", "Media", "Sockets", "Streams", logging]),
        module(
            "Sessions",
            in: .relay,
            [
                "Admission", "Contract", "Fanout", "Linux", "Media", "Sockets", "Streams", "Tape", "Wire", nioCore,
                logging,
            ]
        ),
        service("RTMPService", ["Wire"]),
        service("HTTPService", ["Health", "Web", "Wire", nioHTTP]),
        service("RTSPService", ["Wire", nioPosix]),
        service("SRTService", ["SRT", "Tape", "Wire"]),
        service("DatagramService", ["Wire", nioPosix]),
        module(
            "RelayServer",
            in: .relay,
            [
                "Admission", "Contract", "Control", "DatagramService", "Fanout", "HTTPService", "Health", "Inspection",
                "Linux", "Media", "RTMPService", "RTSPService", "SRTService", "Sessions", "Sockets", "Streams", "Tape",
                nioCore, nioPosix, logging,
            ]
        ),
        module("Holder", in: .host, ["Contract", "Control", "Linux", logging]),
        module(
            "Supervisor",
            in: .host,
            ["Containers", "Contract", "Control", "Health", "Holder", "Linux", "Sockets", logging]
        ),
        module(
            "Pages",
            in: .host,
            ["Contract", "Web", crypto, nioCore, nioHTTP],
            resources: [.embedInCode("Files")]
        ),
        module("Venues", in: .host, ["Contract"]),
        module("Events", in: .host, ["Encodings", crypto]),
        module("Curl", in: .host, ["CCurl"]),
        module("Alerts", in: .host, ["Contract", "Curl", "Events", "Linux", crypto, logging]),
        module("History", in: .host, ["Contract", "Events", "Linux", grdb, logging]),
        module("Console", in: .host, ["Contract", "Events", "Health", "Pages", "Web", nioCore, nioHTTP]),
        module("Operator", in: .host, ["Console", "Contract", "Events", "Health", "Linux"]),
        module(
            "HostCore",
            in: .host,
            [
                "Alerts", "Console", "Containers", "Contract", "Control", "Events", "FrontDoor", "Greeting", "Health",
                "History", "Holder", "Linux", "Logs", "Pages", "Settings", "Sockets", "Supervisor", "Venues", "Web",
                nioCore,
                nioPosix,
                nioHTTP, logging,
            ]
        ),
        module(
            "Doctor",
            in: .host,
            [
                "Alerts", "Console", "Containers", "Contract", "FrontDoor", "Health", "HostCore", "Linux", "Operator",
                "Settings", "Sockets", "Supervisor",
            ]
        ),
        .target(name: "Rehearsal", dependencies: ["Linux", "Media", "Wire", nioCore], swiftSettings: strict),
        program(
            "transponder-relay",
            in: .relay,
            [
                "Contract", "Control", "Greeting", "Libav", "Linux", "Logs", "RelayServer", "SRT", "Sessions",
                "Settings",
                arguments, logging,
            ],
            // libsrt, which is loaded later, sends by ours: see CSRT.
            linking: [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=sendmsg"])]
        ),
        program(
            "transponder",
            in: .host,
            [
                "Console", "Contract", "Doctor", "Events", "Holder", "HostCore", "Linux", "Logs", "Operator",
                "Rehearsal",
                "Settings", arguments, logging,
            ]
        ),

        tests("MediaTests", in: .shared, ["Media", "Toolkit", nioCore]),
        tests("CapacityTests", in: .shared, ["Capacity", "Contract"]),
        tests("LinuxTests", in: .shared, ["Linux", "Toolkit"]),
        tests("HealthTests", in: .shared, ["Contract", "Health"]),
        tests("LogsTests", in: .shared, ["Logs", logging]),
        tests("ControlTests", in: .shared, ["Contract", "Control", "Linux"]),
        tests("GreetingTests", in: .shared, ["Contract", "Greeting"]),
        tests("SocketsTests", in: .shared, ["Contract", "Linux", "Sockets", "Toolkit", nioCore, nioPosix, logging]),
        toolkit(
            "FrontDoorToolkit",
            at: "Host/FrontDoorToolkit",
            ["Contract", "FrontDoor", "Linux", "Sockets", "Toolkit", "Wire", nioCore, logging]
        ),
        tests("FrontDoorTests", in: .host, ["Contract", "FrontDoor", "FrontDoorToolkit", "Wire", nioCore]),
        tests(
            "FrontDoorIntegrationTests",
            in: .host,
            ["Contract", "FrontDoor", "FrontDoorToolkit", "Linux", "Sockets", "Toolkit", "Wire", nioCore, logging]
        ),
        tests("WebTests", in: .shared, ["Encodings", "Web", nioCore, nioEmbedded, nioHTTP]),
        tests("SettingsTests", in: .shared, ["Capacity", "Contract", "Linux", "Settings", "Toolkit"]),
        toolkit("FuzzEntries", at: "Shared/Fuzz/Entries", ["Media", "Web", "Wire", nioCore]),
        tests(
            "WireTests",
            in: .shared,
            ["FuzzEntries", "Media", "Toolkit", "Wire", nioCore],
            resources: [.copy("Corpus")]
        ),
        tests("LibavTests", in: .relay, ["Libav", "Media", "Toolkit", "Wire", nioCore]),
        tests(
            "InspectionTests",
            in: .relay,
            ["Contract", "Inspection", "Libav", "Media", "Toolkit", "Wire", nioCore]
        ),
        tests("TapeTests", in: .relay, ["Linux", "Media", "Tape", "Toolkit", nioCore]),
        tests("FanoutTests", in: .relay, ["Fanout", "Linux", "Media", "Tape", "Toolkit", nioCore]),
        tests(
            "StreamsTests",
            in: .relay,
            ["Capacity", "Contract", "Health", "Linux", "Media", "Streams", "Tape", "Toolkit", "Wire", nioCore]
        ),
        tests(
            "ServicesTests",
            in: .relay,
            [
                "Admission", "Contract", "DatagramService", "HTTPService", "Health", "Linux", "Media", "RelayServer",
                "SRT", "Sessions", "Streams", "Toolkit", "Web", "Wire", nioCore, nioEmbedded, logging,
            ]
        ),
        toolkit(
            "SupervisorToolkit",
            at: "Host/SupervisorToolkit",
            ["Containers", "Contract", "Control", "Linux", "Toolkit"]
        ),
        tests(
            "SupervisorTests",
            in: .host,
            [
                "Containers", "Contract", "Control", "Linux", "Sockets", "Supervisor", "SupervisorToolkit", "Toolkit",
                logging,
            ]
        ),
        toolkit(
            "ConsoleToolkit",
            at: "Host/ConsoleToolkit",
            ["Console", "Contract", "Events", "Health", "Web", nioCore, nioHTTP]
        ),
        tests(
            "ConsoleTests",
            in: .host,
            [
                "Alerts", "Console", "ConsoleToolkit", "Contract", "Events", "Health", "Toolkit", "Web", nioCore,
                nioHTTP,
            ],
            resources: [.copy("Support/conform.py")]
        ),
        tests(
            "PagesTests",
            in: .host,
            ["Contract", "Pages", "Toolkit", "Web", nioCore, nioHTTP],
            resources: [.copy("Scripts")]
        ),
        tests("HolderTests", in: .host, ["Contract", "Holder", "Linux", "Toolkit", logging]),
        tests("VenuesTests", in: .host, ["Contract", "Venues"]),
        tests("OperatorTests", in: .host, ["Console", "ConsoleToolkit", "Contract", "Events", "Operator", nioHTTP]),
        tests("AlertsTests", in: .host, ["Alerts", "Contract", "Events", "Toolkit", crypto, logging]),
        tests("EventsTests", in: .host, ["Events"]),
        tests("HistoryTests", in: .host, ["Contract", "Events", "History", "Linux", "Toolkit", logging]),
        tests(
            "HostCoreTests",
            in: .host,
            [
                "ConsoleToolkit", "Containers", "Contract", "Events", "Health", "HostCore", "Linux", "Settings",
                "SupervisorToolkit", "Toolkit",
                logging,
            ]
        ),
        tests("DoctorTests", in: .host, ["Console", "Containers", "Contract", "Doctor", "Linux"]),
        .testTarget(
            name: "RehearsalTests",
            dependencies: ["Linux", "Media", "Rehearsal", "Toolkit", "Wire", nioCore],
            swiftSettings: strict
        ),
        tests("ContainersTests", in: .host, ["Containers", "Contract", "Linux", "Toolkit"]),
        .executableTarget(name: "escape", path: "Tests/Host/Escape"),
        .executableTarget(
            name: "abandon",
            dependencies: ["Containers", "Contract", "Linux"],
            path: "Tests/Host/Abandon",
            swiftSettings: strict
        ),
        tests(
            "ContainerIntegrationTests",
            in: .host,
            ["Containers", "Contract", "Linux", "Toolkit", "abandon", "escape", "transponder-relay"]
        ),
        tests(
            "HostIntegrationTests",
            in: .host,
            ["Rehearsal", "StreamToolkit", "Toolkit", "Wire", nioCore, "transponder", "transponder-relay"]
        ),
        .testTarget(name: "LayeringTests", swiftSettings: strict),
        toolkit("Toolkit", at: "Toolkit"),
        toolkit("StreamToolkit", at: "StreamToolkit", ["Toolkit", "Wire", nioCore]),
        tests(
            "ControlIntegrationTests",
            in: .relay,
            [
                "Contract", "Control", "Linux", "Media", "Sockets", "Tape", "Toolkit", "Wire", nioCore, logging,
                "transponder-relay",
            ]
        ),
        tests(
            "IntegrationTests",
            in: .relay,
            ["Linux", "Media", "StreamToolkit", "Toolkit", "Wire", nioCore, "transponder-relay"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// A fuzzer has a main of its own and wants everything built for it: only `.ci/fuzz` asks for it.
if Context.environment["TRANSPONDER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "transponder-fuzz",
            dependencies: ["FuzzEntries", nioCore],
            path: "Tests/Shared/Fuzz/Driver",
            swiftSettings: strict
        )
    )
}
