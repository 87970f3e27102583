/// The two programs, and what they share.
enum House: String, CaseIterable {
    case host = "Host"
    case relay = "Relay"
    case shared = "Shared"
}

/// What may depend on what. Written apart from `Package.swift`, so that a dependency is a decision made twice.
enum Layers {
    /// What stands in which folder of `Sources`. The load generator is a house of its own.
    static let houses: [House: Set<String>] = [
        .host: [
            "Alerts", "CCurl", "Console", "Containers", "Curl", "Doctor", "Events", "FrontDoor", "History", "Holder",
            "HostCore",
            "Operator", "Pages",
            "Supervisor",
            "Venues", "transponder",
        ],
        .relay: [
            "Admission", "CLibav", "CSRT", "DatagramService", "Fanout", "HTTPService", "Inspection", "Libav",
            "RTMPService",
            "RTSPService", "RelayServer", "SRT", "SRTService", "Sessions", "Streams", "Tape", "transponder-relay",
        ],
        .shared: [
            "Capacity", "CLinux", "Contract", "Control", "Encodings", "Greeting", "Health", "Linux", "Logs", "Media",
            "Settings", "Sockets", "Web", "Wire",
        ],
    ]

    static func house(of module: String) -> House? { Self.houses.first { $0.value.contains(module) }?.key }

    /// No arrow between the two programs, and none from what they share, or from the load generator, to either.
    static func mayReach(_ house: House, from other: House?) -> Bool { house == .shared || house == other }

    /// What a protocol of a relay may know, besides what it says itself. None knows another.
    private static let service: Set<String> = [
        "Admission", "Contract", "Fanout", "Linux", "Media", "Sessions", "Sockets", "Streams",
    ]

    /// For each module those of ours it may import. Each stands below the rows that name it.
    static let modules: [String: Set<String>] = [
        "CLibav": [],
        "CLinux": [],
        "CSRT": [],
        "Encodings": [],
        "Media": ["Encodings"],
        "Capacity": [],
        "Contract": ["Capacity"],
        "Linux": ["CLinux"],
        "Health": ["Contract", "Encodings"],
        "Logs": ["Encodings"],
        "Greeting": ["Contract"],
        "Control": ["Contract", "Linux"],
        "Containers": ["Contract", "Linux"],
        "Settings": ["Capacity", "Contract", "Linux", "Wire"],
        "Wire": ["Encodings", "Media"],
        "Web": ["Encodings"],
        "Sockets": ["Contract", "Linux", "Wire"],
        "FrontDoor": ["Contract", "Linux", "Sockets", "Web", "Wire"],
        "Libav": ["CLibav", "Media"],
        "SRT": ["CSRT", "Linux"],
        "Tape": ["Capacity", "CLinux", "Linux", "Media"],
        "Fanout": ["Linux", "Media", "Tape"],
        "Streams": ["Capacity", "Contract", "Health", "Libav", "Linux", "Media", "Tape", "Wire"],
        "Inspection": ["Contract", "Libav", "Linux", "Media", "Streams", "Tape"],
        "Admission": ["Contract", "Linux", "Media", "Sockets", "Streams"],
        "Sessions": ["Admission", "Contract", "Fanout", "Linux", "Media", "Sockets", "Streams", "Tape", "Wire"],
        "RTMPService": Self.service.union(["Wire"]),
        "HTTPService": Self.service.union(["Health", "Web", "Wire"]),
        "RTSPService": Self.service.union(["Wire"]),
        "SRTService": Self.service.union(["SRT", "Tape", "Wire"]),
        "DatagramService": Self.service.union(["Wire"]),
        "RelayServer": [
            "Admission", "Contract", "Control", "DatagramService", "Fanout", "HTTPService", "Health", "Inspection",
            "Linux", "Media", "RTMPService", "RTSPService", "SRTService", "Sessions", "Sockets", "Streams", "Tape",
        ],
        "Holder": ["Contract", "Control", "Linux"],
        "Supervisor": ["Containers", "Contract", "Control", "Health", "Holder", "Linux", "Sockets"],
        "Pages": ["Contract", "Web"],
        "Venues": ["Contract"],
        "Events": ["Encodings"],
        "CCurl": [],
        "Curl": ["CCurl"],
        "Alerts": ["Contract", "Curl", "Events", "Linux"],
        "History": ["Contract", "Events", "Linux"],
        "Console": ["Contract", "Events", "Health", "Pages", "Web"],
        "Operator": ["Console", "Contract", "Events", "Health", "Linux"],
        "HostCore": [
            "Alerts", "Console", "Containers", "Contract", "Control", "Events", "FrontDoor", "Greeting", "Health",
            "History", "Holder", "Linux", "Logs", "Pages", "Settings",
            "Sockets", "Supervisor", "Venues", "Web",
        ],
        "Doctor": [
            "Alerts", "Console", "Containers", "Contract", "FrontDoor", "Health", "HostCore", "Linux", "Operator",
            "Settings",
            "Sockets", "Supervisor",
        ],
        "Rehearsal": ["Linux", "Media", "Wire"],
        "transponder": [
            "Console", "Contract", "Doctor", "Events", "Holder", "HostCore", "Linux", "Logs", "Operator", "Rehearsal",
            "Settings",
        ],
        "transponder-relay": [
            "Contract", "Control", "Greeting", "Libav", "Linux", "Logs", "RelayServer", "SRT", "Sessions", "Settings",
        ],
    ]

    /// Who may import which module of a package.
    static let packages: [String: Set<String>] = [
        "NIOCore": [
            "Console", "DatagramService", "HTTPService", "RTMPService", "RTSPService", "RelayServer",
            "SRTService", "Sessions", "Fanout", "FrontDoor", "Inspection", "Libav", "Media", "Rehearsal", "Streams",
            "SRT", "Sockets",
            "Greeting", "HostCore", "Pages", "Tape", "Web", "Wire",
        ],
        // The shell: the only part that owns sockets of SwiftNIO.
        "NIOPosix": [
            "DatagramService", "RTSPService", "RelayServer", "FrontDoor", "HostCore", "Sockets",
        ],
        "NIOHTTP1": [
            "Console", "HTTPService", "FrontDoor", "HostCore", "Pages", "Web",
        ],
        "NIOTLS": ["FrontDoor"],
        // TLS is the host's alone: keys never come near a relay.
        "NIOSSL": ["FrontDoor"],
        "Logging": [
            "Alerts", "Containers", "Admission", "DatagramService", "HTTPService", "RTMPService", "RTSPService",
            "RelayServer",
            "SRTService", "Sessions", "Fanout", "FrontDoor", "History", "Holder", "HostCore", "Logs", "Streams",
            "Sockets",
            "Supervisor",
            "transponder",
            "transponder-relay",
        ],
        "ArgumentParser": ["transponder", "transponder-relay"],
        "Crypto": ["Alerts", "Events", "Pages", "Wire"],
        "Yams": ["Settings"],
        // One module speaks SQL, and reads what SQLite says of its troubles.
        "GRDB": ["History"],
    ]

    /// Modules that come with the toolchain.
    static let toolchain: Set<String> = ["Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization"]

    /// Folders that know no system: bytes in, values out.
    static let pure: Set<String> = ["Capacity", "Media", "Wire"]
    static let impure: Set<String> = ["Dispatch", "Foundation", "FoundationEssentials", "Glibc"]

    /// Folders that may say `unsafe`: what touches C, mapped memory and the kernel.
    static let unsafe: Set<String> = ["Curl", "Linux", "Libav", "SRT", "Tape", "Fanout"]

    /// What stands at the top of the repository, besides hidden files and what git ignores.
    static let top: Set<String> = ["Makefile", "Package.swift", "README.md", "Sources", "Tests", "configs"]
    static let ignored: Set<String> = ["Package.resolved", "__pycache__"]

    /// Lines a file may have, and the tables of constants that may have more.
    static let longestFile = 500
    static let tables: Set<String> = []

    /// Everything a folder's program or library is linked with, of ours.
    static func reach(of folder: String) -> Set<String> {
        var found: Set<String> = []
        var open = [folder]
        while let next = open.popLast() {
            for module in Self.modules[next] ?? [] where found.insert(module).inserted { open.append(module) }
        }
        return found
    }
}
