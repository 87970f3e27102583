/// RTP over UDP as a session description (RFC 8866) tells it.
package struct RTPSourceSpec: Equatable, Sendable {
    /// The description itself, wherever it was written.
    package let description: String

    /// Where each of its media arrives, in the order of the `m=` lines.
    package let media: [MediaPorts]

    package let onLoss: LossPolicy

    /// The only sender that is listened to; nil: the first until it falls silent.
    package let source: IPAddress?

    /// Where a multicast group is joined; nil: where the system thinks best.
    package let interface: InterfaceSpec?

    /// Bytes of a description. Those of real devices have one or two thousand.
    package static let descriptionLimit = 16 << 10

    package static let mediaLimit = 16

    package init(
        description: String,
        media: [MediaPorts],
        onLoss: LossPolicy = .hold,
        source: IPAddress? = nil,
        interface: InterfaceSpec? = nil
    ) throws(SpecError) {
        guard description.utf8.count <= Self.descriptionLimit else {
            throw SpecError(
                "sdp",
                sentence: "the session description has more than \(Self.descriptionLimit) bytes."
            )
        }
        guard (1...Self.mediaLimit).contains(media.count) else {
            throw SpecError("sdp", sentence: "a session description has 1 to \(Self.mediaLimit) m= lines.")
        }
        try DatagramSourceSpec.check(source: source, against: media.map(\.rtp))
        guard interface == nil || media.contains(where: { $0.rtp.isMulticast }) else {
            throw SpecError(
                "interface",
                sentence: "an interface is chosen for multicast, and the session description names no group."
            )
        }
        self.description = description
        self.media = media
        self.onLoss = onLoss
        self.source = source
        self.interface = interface
    }
}

/// The two ports of one medium.
package struct MediaPorts: Hashable, Sendable, Codable {
    package let rtp: ListenAddress

    /// Where the sender's reports arrive; nil: with the packets themselves (RFC 5761).
    package let rtcp: ListenAddress?

    package init(rtp: ListenAddress, rtcp: ListenAddress?) {
        self.rtp = rtp
        self.rtcp = rtcp
    }
}

/// What viewers get of a picture that packets are missing of.
package enum LossPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing until the next keyframe: the picture stands still.
    case hold
    /// Damaged pictures are passed on as they are.
    case pass
}

extension RTPSourceSpec: Codable {
    private enum CodingKeys: CodingKey { case description, media, onLoss, source, interface }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            description: values.decode(String.self, forKey: .description),
            media: values.decode([MediaPorts].self, forKey: .media),
            onLoss: values.decode(LossPolicy.self, forKey: .onLoss),
            source: values.decodeIfPresent(IPAddress.self, forKey: .source),
            interface: values.decodeIfPresent(InterfaceSpec.self, forKey: .interface)
        )
    }
}
