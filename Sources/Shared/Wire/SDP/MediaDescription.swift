import Encodings

/// An `m=` line and what belongs to it: RFC 8866 section 5.14.
package struct MediaDescription: Hashable, Sendable {
    /// `video`, `audio`, `application`, … in lower case.
    package var kind: String

    /// Where it is received; 0 in descriptions that leave that to RTSP.
    package var port: Int

    /// `RTP/AVP`, `RTP/AVP/TCP`, `RTP/SAVP`, `udp`, … in upper case.
    package var transport: String

    /// The payload types in the order of preference, for transports that are RTP, with what they stand for. Those that
    /// neither the description nor RFC 3551 explains are left out.
    package var encodings: [RTPEncoding]

    /// The formats as written, explained or not.
    package var formats: [String]

    package var connection: SDPConnection?

    /// `b=AS`, kbit/s.
    package var bandwidth: Int?

    /// All other attributes, in order; `rtpmap` and `fmtp` are in ``encodings``.
    package var attributes: [SDPAttribute]

    package init(
        kind: String,
        port: Int = 0,
        transport: String = "RTP/AVP",
        encodings: [RTPEncoding],
        connection: SDPConnection? = nil,
        bandwidth: Int? = nil,
        attributes: [SDPAttribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.transport = transport
        self.encodings = encodings
        self.formats = encodings.map { "\($0.payloadType)" }
        self.connection = connection
        self.bandwidth = bandwidth
        self.attributes = attributes
    }

    /// The address that SETUP goes to: RFC 2326 section C.1.1.
    package var control: String? {
        get { self.attributes["control"] }
        set {
            self.attributes.removeAll { $0.name == "control" }
            if let newValue { self.attributes.append(SDPAttribute("control", newValue)) }
        }
    }

    package var isRTP: Bool { self.transport.hasPrefix("RTP/") }

    /// RTP under SRTP, which nothing here can read.
    package var isEncrypted: Bool { self.transport.contains("SAVP") }

    /// Milliseconds of sound in a packet.
    package var packetTime: Int? {
        self.attributes["ptime"].flatMap { Double($0) }.flatMap { Int(exactly: $0.rounded()) }
    }

    /// RTP and RTCP share a port: RFC 5761.
    package var hasSharedPort: Bool { self.attributes["rtcp-mux"] != nil }

    /// Where RTCP goes, if not to the port after: RFC 3605.
    package var rtcpPort: Int? {
        self.attributes["rtcp"]?.parts(at: " ").first.flatMap { Int($0) }
            .flatMap { (1...65535).contains($0) ? $0 : nil }
    }

    /// The synchronisation sources it names: RFC 5576.
    package var sources: [UInt32] {
        var sources: [UInt32] = []
        for value in self.attributes.values("ssrc") {
            guard let source = value.parts(at: " ").first.flatMap({ UInt32($0) }), !sources.contains(source)
            else { continue }
            sources.append(source)
        }
        return sources
    }

    package var sourceFilters: [SDPSourceFilter] {
        self.attributes.values("source-filter").compactMap(SDPSourceFilter.init)
    }

    /// `recvonly`, `sendonly`, `sendrecv` or `inactive`, where said.
    package var direction: SDPDirection? { SDPDirection(self.attributes) }

    func write(into text: inout String) {
        let formats = self.formats.isEmpty ? "0" : self.formats.joined(separator: " ")
        text += "m=\(self.kind) \(self.port) \(self.transport) \(formats)\r\n"
        if let connection { text += "c=\(connection.text)\r\n" }
        if let bandwidth { text += "b=AS:\(bandwidth)\r\n" }
        for encoding in self.encodings {
            text += "a=rtpmap:\(encoding.mapText)\r\n"
            if !encoding.parameters.all.isEmpty {
                text += "a=fmtp:\(encoding.payloadType) \(encoding.parameters.text)\r\n"
            }
        }
        for attribute in self.attributes { text += "a=\(attribute.text)\r\n" }
    }
}

package enum SDPDirection: String, Hashable, Sendable, CaseIterable {
    case sendOnly = "sendonly"
    case receiveOnly = "recvonly"
    case both = "sendrecv"
    case inactive

    init?(_ attributes: [SDPAttribute]) {
        guard let found = attributes.lazy.compactMap({ Self(rawValue: $0.name) }).first else { return nil }
        self = found
    }
}
