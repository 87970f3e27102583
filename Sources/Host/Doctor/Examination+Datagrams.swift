internal import Contract
internal import FoundationEssentials
internal import Linux
internal import Settings
internal import Sockets

/// Ports of UDP, and room for what comes to them.
extension Examination {
    /// Ranges are looked at as far as this many pairs, or a wide one would take a while.
    private static let pairsLookedAt = 2000

    func datagrams(isRunning: Bool) -> [DoctorCheck] {
        // A host that runs holds them itself.
        let ports = isRunning ? [] : self.sources + [self.range].compactMap(\.self)
        return ports + [self.buffers].compactMap(\.self)
    }

    private var needs: [(relay: RelayName, need: SocketNeed)] {
        self.configuration.relays.flatMap { relay in relay.socketNeeds.map { (relay.name, $0) } }
    }

    private var sources: [DoctorCheck] {
        self.needs.map { relay, need in
            let title = "UDP port \(need.address.port) (\(Self.use(need, of: relay)))"
            do throws(DatagramFailure) {
                _ = try DatagramOpener.open(need)
                return DoctorCheck(title, .good, "\(need.address) is free.")
            } catch {
                return DoctorCheck(
                    title,
                    .problem,
                    error.description,
                    remedy: "Correct relays.\(relay) in the configuration, or see to what has the port."
                )
            }
        }
    }

    private static func use(_ need: SocketNeed, of relay: RelayName) -> String {
        switch need.purpose {
        case .srt, .request: "srt of \(relay)"
        case .source(let stream, _, let isReports): "\(isReports ? "rtcp" : "rtp") of \(relay)/\(stream)"
        }
    }

    private var range: DoctorCheck? {
        guard let range = self.configuration.listen.udp else {
            guard self.configuration.listen.serves(.rtsp) else { return nil }
            return DoctorCheck(
                "UDP ports",
                .warning,
                "RTSP is served over TCP alone: no UDP ports are set apart for it.",
                remedy: "Set listen.udp to a range such as 30000-30999, and open it in the firewall."
            )
        }
        let pairs = Array(range.pairs.prefix(Self.pairsLookedAt)).compactMap { UInt16(exactly: $0) }
        let free = pairs.filter { port in
            [port, port + 1].allSatisfy { (try? UDPSocket.bind(to: InternetAddress(.anyV4, port: $0))) != nil }
        }
        if free.count == pairs.count { return DoctorCheck("UDP ports", .good, "\(range) are free.") }
        return DoctorCheck(
            "UDP ports",
            free.isEmpty ? .problem : .warning,
            "\(pairs.count - free.count) of \(pairs.count) pairs of \(range) are taken.",
            remedy: "Choose another range as listen.udp; ss -lun shows what is taken."
        )
    }

    /// Too little room loses packets whenever the machine is busy for a moment.
    private var buffers: DoctorCheck? {
        guard !self.needs.isEmpty,
            let socket = try? UDPSocket.bind(to: InternetAddress(.anyV4, port: 0)),
            let given = try? UDPSocket.setReceiveBuffer(socket, bytes: DatagramOpener.receiveBuffer)
        else { return nil }
        guard given < DatagramOpener.receiveBuffer else {
            return DoctorCheck("UDP buffers", .good, "Sources get \(given >> 10) KiB.")
        }
        return DoctorCheck(
            "UDP buffers",
            .warning,
            "Sources get \(given >> 10) KiB where \(DatagramOpener.receiveBuffer >> 10) are wanted: packets are lost when "
                + "the machine is busy.",
            remedy: "sysctl -w net.core.rmem_max=\(DatagramOpener.receiveBuffer), and keep it in /etc/sysctl.d."
        )
    }
}
