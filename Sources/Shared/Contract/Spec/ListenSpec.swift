/// The front door: which protocols are served, and where. Absent is off.
package struct ListenSpec: Hashable, Sendable, Codable {
    private var addresses: [WireProtocol: ListenAddress]

    /// Ports of UDP for the RTP of RTSP sessions and of pushes.
    package var udp: PortRange?

    package init(_ addresses: [WireProtocol: ListenAddress], udp: PortRange? = nil) {
        self.addresses = addresses
        self.udp = udp
    }

    /// Where a protocol is served. SRT's is that of the only relay; where there are several each has its own.
    package subscript(_ kind: WireProtocol) -> ListenAddress? {
        get { self.addresses[kind] }
        set { self.addresses[kind] = newValue }
    }
}

extension ListenSpec {
    package init(
        rtmp: ListenAddress? = nil,
        http: ListenAddress? = nil,
        rtmps: ListenAddress? = nil,
        https: ListenAddress? = nil,
        rtsp: ListenAddress? = nil,
        rtsps: ListenAddress? = nil,
        srt: ListenAddress? = nil,
        udp: PortRange? = nil
    ) {
        let addresses: [WireProtocol: ListenAddress?] = [
            .rtmp: rtmp, .http: http, .rtmps: rtmps, .https: https, .rtsp: rtsp, .rtsps: rtsps, .srt: srt,
        ]
        self.init(addresses.compactMapValues(\.self), udp: udp)
    }

    package var rtmp: ListenAddress? { self[.rtmp] }
    package var http: ListenAddress? { self[.http] }
    package var rtmps: ListenAddress? { self[.rtmps] }
    package var https: ListenAddress? { self[.https] }
    package var rtsp: ListenAddress? { self[.rtsp] }
    package var rtsps: ListenAddress? { self[.rtsps] }
    package var srt: ListenAddress? { self[.srt] }
}
