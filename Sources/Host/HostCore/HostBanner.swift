internal import Contract
internal import Greeting

/// What a person reads when a host has started.
struct HostBanner: Sendable {
    private let relays: [(name: RelayName, banner: Banner)]
    private let listen: ListenSpec
    private let isolation: Isolation
    private let token: String
    private let console: String?
    private let machine: [String]

    /// - Parameters:
    ///   - relays: All of them, in their order.
    ///   - listen: Where the host really listens.
    ///   - isolation: What the relays run in.
    ///   - token: The file that keeps the API's token.
    ///   - console: A link that opens the console once; nil where it is off.
    ///   - machine: The machine's addresses, for listeners on all of them.
    init(
        relays: [(name: RelayName, banner: Banner)],
        listen: ListenSpec,
        isolation: Isolation,
        token: String,
        console: String?,
        machine: [String]
    ) {
        self.relays = relays
        self.listen = listen
        self.isolation = isolation
        self.token = token
        self.console = console
        self.machine = machine
    }

    var text: String {
        var lines = [self.title, ""]
        if let only = self.relays.first, self.relays.count == 1 {
            lines += only.banner.whole
        } else {
            for (name, banner) in self.relays { lines += ["Relay '\(name)'"] + banner.brief + [""] }
        }
        return (lines + self.operating).joined(separator: "\n") + "\n"
    }

    private var title: String {
        let names = self.relays.map { "'\($0.name)'" }
        let subject = names.count == 1 ? "the relay \(names[0]) is up" : "\(names.count) relays are up"
        return switch self.isolation {
        case .none: "transponder \(BuildInfo.version): \(subject), WITHOUT a container (isolation: none)."
        case .runc, .crun, .podman:
            "transponder \(BuildInfo.version): \(subject), \(names.count == 1 ? "in a container" : "each in a container of its own") "
                + "(\(self.isolation.rawValue))."
        }
    }

    private var operating: [String] {
        let commands =
            "Also     transponder status | health | console | replace RELAY | new-key RELAY | reload; Ctrl-C ends the host."
        guard let console, let address = self.listen.admin.reachedFromHere else {
            return ["There is no console (listen.admin); commands on this machine do without.", commands]
        }
        let told = address.isWildcard ? Self.loopback(like: address) : address.description
        return [
            "Console  \(console)",
            "         (logs one browser in, for some minutes; transponder console prints another)",
            "API      http://\(told)/api/v1/status (with the token in \(self.token))",
            commands,
        ]
    }
}

extension HostBanner {
    /// This machine's own address of the same family, with the same port.
    private static func loopback(like address: ListenAddress) -> String {
        address.isIPv6 ? "[::1]:\(address.port)" : "127.0.0.1:\(address.port)"
    }
}
