/// A protocol by which peers connect, as configurations, addresses and logs name it.
///
/// They are listed here. Whoever goes through all of them (the configuration's keys, listeners, what is printed at the
/// start) goes through ``allCases``, in the order in which people are shown them.
package enum WireProtocol: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case rtmp, http, rtmps, https, rtsp, rtsps, srt

    package enum Transport: Hashable, Sendable {
        case tcp, udp
    }

    package var transport: Transport { self == .srt ? .udp : .tcp }

    /// Where the protocol has one, the port that an address need not say.
    package var defaultPort: UInt16? {
        switch self {
        case .rtmp: 1935
        case .http: 80
        case .rtmps, .https: 443
        case .rtsp: 554
        case .rtsps: 322
        case .srt: nil
        }
    }

    /// What is spoken inside of TLS; nil where there is none around it.
    package var insideTLS: WireProtocol? {
        switch self {
        case .rtmps: .rtmp
        case .https: .http
        case .rtsps: .rtsp
        case .rtmp, .http, .rtsp, .srt: nil
        }
    }

    package var isSecure: Bool { self.insideTLS != nil }

    /// As what a relay is given a connection of it; nil where there are no connections to give.
    package var stage: Handover.Stage? { Handover.Stage(rawValue: (self.insideTLS ?? self).rawValue) }

    /// The way of watching it offers, as a person reads it in a list.
    package var title: String {
        switch self {
        case .http: "HLS"
        case .https: "HLS by TLS"
        case .rtmp, .rtmps, .rtsp, .rtsps, .srt: self.rawValue.uppercased()
        }
    }

    /// `scheme://host`, and the port where it has to be said.
    package func base(host: String, port: UInt16) -> String {
        port == self.defaultPort ? "\(self.rawValue)://\(host)" : "\(self.rawValue)://\(host):\(port)"
    }

    /// Where a stream is watched; `base` is of ``base(host:port:)``.
    package func playAddress(of path: String, at base: String) -> String {
        switch self {
        case .rtmp, .rtmps, .rtsp, .rtsps: "\(base)/\(path)"
        case .http, .https: "\(base)/\(path).m3u8"
        case .srt: "\(base)?streamid=read:\(path)"
        }
    }

    /// Where a stream is published with a key; nil where nobody publishes by it.
    package func publishAddress(of path: String, key: String, at base: String) -> String? {
        switch self {
        case .rtmp, .rtmps, .rtsp, .rtsps: "\(base)/\(path)?key=\(key)"
        case .http, .https: nil
        case .srt: "\(base)?streamid=publish:\(path):\(key)"
        }
    }
}
