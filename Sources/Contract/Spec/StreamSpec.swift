/// A stream the configuration declares by name.
package struct StreamSpec: Hashable, Sendable, Codable {
    package let name: StreamName
    package let source: SourceSpec

    package init(name: StreamName, source: SourceSpec = .publisher) {
        self.name = name
        self.source = source
    }
}

/// Where a declared stream comes from.
package enum SourceSpec: Hashable, Sendable, Codable {
    /// Whoever connects with the publish key.
    case publisher
    /// RTP over UDP as an SDP file describes it (RFC 8866); the path is relative to the configuration file.
    case sessionDescription(file: String)
    /// One UDP port.
    case datagrams(ListenAddress, DatagramFormat)
}

package enum DatagramFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// MPEG-TS, in RTP (RFC 2250, payload type 33) or bare.
    case mpegts
}
