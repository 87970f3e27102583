import Contract

/// What the relays of one configuration have to share: ports of UDP.
struct PortPlan {
    let listeners: SettingGroup
    let relays: SettingGroup

    /// The relays, the only one with the port that `listen.srt` gives it.
    func shared(
        _ listen: ListenSpec,
        _ specs: [RelaySpec],
        _ problems: inout [ConfigurationProblem]
    ) -> [RelaySpec] {
        let specs = self.withSRT(listen[all: .srt], specs, &problems)
        self.refuseSharedPorts(listen, specs, &problems)
        self.refuseSharedGroups(specs, &problems)
        return specs
    }

    private func withSRT(
        _ addresses: [ListenAddress],
        _ specs: [RelaySpec],
        _ problems: inout [ConfigurationProblem]
    ) -> [RelaySpec] {
        guard !addresses.isEmpty else { return specs }
        guard let only = specs.first, specs.count == 1 else {
            let names = specs.map { "relays.\($0.name).srt.listen" }.joined(separator: " and ")
            if !specs.isEmpty {
                self.listeners.complain(
                    "srt",
                    "with several relays each needs an SRT port of its own; leave this out and write \(names).",
                    &problems
                )
            }
            return specs
        }
        guard only.srt.listen.isEmpty else {
            self.listeners.complain(
                "srt",
                "relays.\(only.name).srt.listen says so already; keep one of the two.",
                &problems
            )
            return specs
        }
        do {
            return [try only.listeningForSRT(on: addresses)]
        } catch {
            self.listeners.complain("srt", error.sentence, &problems)
            return specs
        }
    }

    private func refuseSharedPorts(
        _ listen: ListenSpec,
        _ specs: [RelaySpec],
        _ problems: inout [ConfigurationProblem]
    ) {
        var taken: [(relay: RelayName, use: PortUse)] = []
        for spec in specs {
            for use in spec.datagramPorts {
                if let other = taken.first(where: { $0.relay != spec.name && use.clashes(with: $0.use) }) {
                    let owner = (["relays", other.relay.rawValue] + other.use.path).joined(separator: ".")
                    let sentence = "the UDP port \(use.address.port) is taken by \(owner) already; choose another."
                    self.complain(spec, use, sentence, &problems)
                } else if let range = listen.udp, range.contains(use.address.port) {
                    let sentence = "the UDP port \(use.address.port) lies within listen.udp, \(range); choose another."
                    self.complain(spec, use, sentence, &problems)
                }
                taken.append((spec.name, use))
            }
        }
    }

    /// Each group is sent to by one relay for one stream.
    private func refuseSharedGroups(_ specs: [RelaySpec], _ problems: inout [ConfigurationProblem]) {
        for (index, spec) in specs.enumerated() {
            guard let groups = spec.multicast?.groups else { continue }
            let group = self.relays.group(spec.name.rawValue).group("multicast")
            if let other = specs[..<index].first(where: { $0.multicast?.groups.overlaps(groups) ?? false }) {
                let sentence = "the groups are those of relays.\(other.name).multicast.groups too; each needs its own."
                group.complain("groups", sentence, &problems)
            }
            for owner in specs {
                guard let host = owner.namedHosts.first(where: groups.contains) else { continue }
                let sentence = "'\(host)' is used by a stream of relays.\(owner.name); choose groups without it."
                group.complain("groups", sentence, &problems)
            }
        }
    }

    private func complain(
        _ spec: RelaySpec,
        _ use: PortUse,
        _ sentence: String,
        _ problems: inout [ConfigurationProblem]
    ) {
        var group = self.relays.group(spec.name.rawValue)
        for key in use.path.dropLast() { group = group.group(key) }
        // A port of the only relay may stand under `listen`.
        guard group.node != nil else { return self.listeners.complain(use.path.first ?? "", sentence, &problems) }
        group.complain(use.path.last ?? "", sentence, &problems)
    }
}

extension RelaySpec {
    /// Addresses that streams come from and go to, as they are written.
    fileprivate var namedHosts: [String] {
        self.datagramPorts.map(\.address.host) + (self.streams ?? []).flatMap { $0.push.map(\.to.address.host) }
    }
}
