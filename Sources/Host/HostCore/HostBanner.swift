internal import Contract
internal import Greeting

/// What a person reads when a host has started.
struct HostBanner: Sendable {
    private let relays: [(name: RelayName, banner: Banner)]
    private let listen: ListenSpec
    private let isolation: Isolation
    private let token: String
    private let machine: [String]

    /// - Parameters:
    ///   - relays: All of them, in their order.
    ///   - listen: Where the host really listens.
    ///   - isolation: What the relays run in.
    ///   - token: The file that keeps the API's token.
    ///   - machine: The machine's addresses, for listeners on all of them.
    init(
        relays: [(name: RelayName, banner: Banner)],
        listen: ListenSpec,
        isolation: Isolation,
        token: String,
        machine: [String]
    ) {
        self.relays = relays
        self.listen = listen
        self.isolation = isolation
        self.token = token
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
        guard let http = self.listen.http else { return ["HTTP is off, so there is no console; Ctrl-C ends the host."] }
        let own = http.isIPv6 ? "[\(http.host)]" : http.host
        let host = http.isWildcard ? self.machine.first ?? "localhost" : own
        let base = http.port == 80 ? "http://\(host)" : "http://\(host):\(http.port)"
        return [
            "Console  \(base)/",
            "API      \(base)/api/v1/status (from other machines with the token in \(self.token))",
            "Also     transponder status | health | replace RELAY | reload; Ctrl-C ends the host.",
        ]
    }
}
