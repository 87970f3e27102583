/// A protocol by which peers connect, as configurations, addresses and logs name it.
///
/// They are listed here, and ``row`` says what is true of each. Whoever goes through all of them (the configuration's keys,
/// listeners, what is printed at the start) goes through ``allCases``, in the order in which people are shown them.
package enum WireProtocol: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case rtmp, http, rtmps, https, rtsp, rtsps, srt

    package enum Transport: Hashable, Sendable {
        case tcp, udp
    }

    /// How an address says which stream is meant.
    private enum AddressForm {
        /// As its path.
        case path
        /// As its path, with the file name of a playlist. Nobody publishes by it.
        case playlist
        /// In the stream id of SRT.
        case streamID
    }

    private struct Row {
        var port: UInt16?
        var transport = Transport.tcp
        var inside: WireProtocol?
        var form = AddressForm.path
        var title: String?
    }

    private var row: Row {
        switch self {
        case .rtmp: Row(port: 1935)
        case .http: Row(port: 80, form: .playlist, title: "HLS")
        case .rtmps: Row(port: 443, inside: .rtmp)
        case .https: Row(port: 443, inside: .http, form: .playlist, title: "HLS by TLS")
        case .rtsp: Row(port: 554)
        case .rtsps: Row(port: 322, inside: .rtsp)
        case .srt: Row(transport: .udp, form: .streamID)
        }
    }

    package var transport: Transport { self.row.transport }

    /// Where the protocol has one, the port that an address need not say.
    package var defaultPort: UInt16? { self.row.port }

    /// What is spoken inside of TLS; nil where there is none around it.
    package var insideTLS: WireProtocol? { self.row.inside }

    package var isSecure: Bool { self.insideTLS != nil }

    /// As what a relay is given a connection of it; nil where there are no connections to give.
    package var stage: Handover.Stage? { Handover.Stage(rawValue: (self.insideTLS ?? self).rawValue) }

    /// The way of watching it offers, as a person reads it in a list.
    package var title: String { self.row.title ?? self.rawValue.uppercased() }

    /// `scheme://host`, and the port where it has to be said.
    package func base(host: String, port: UInt16) -> String {
        port == self.defaultPort ? "\(self.rawValue)://\(host)" : "\(self.rawValue)://\(host):\(port)"
    }

    /// Where a stream is watched; `base` is of ``base(host:port:)``.
    package func playAddress(of path: String, at base: String) -> String {
        switch self.row.form {
        case .path: "\(base)/\(path)"
        case .playlist: "\(base)/\(path).m3u8"
        case .streamID: "\(base)?streamid=read:\(path)"
        }
    }

    /// Where a stream is published with a key; nil where nobody publishes by it.
    package func publishAddress(of path: String, key: String, at base: String) -> String? {
        switch self.row.form {
        case .path: "\(base)/\(path)?key=\(key)"
        case .playlist: nil
        case .streamID: "\(base)?streamid=publish:\(path):\(key)"
        }
    }
}
