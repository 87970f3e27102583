import Encodings
import NIOCore

extension RTSPServerSession {
    /// Where the session of a client stands that records or plays, written down for the process that goes on with it. The address
    /// is without what the client has shown in it.
    package struct Standing: Sendable, Codable {
        fileprivate var relay: String
        fileprivate var stream: String
        fileprivate var records: Bool
        fileprivate var isPaused: Bool
        fileprivate var base: String
        fileprivate var controls: [String]?
        fileprivate var payloadTypes: [Set<UInt8>]
        fileprivate var setups: [Int: RTSPTransport]
        fileprivate var channels: [UInt8: Channel]
        fileprivate var former: Set<Int>
        fileprivate var decoder: RTSPMessageDecoder.Standing
        /// In hexadecimal digits: a number of so many bits is none that is read back.
        fileprivate var identifier: String
        fileprivate var nonce: String
        fileprivate var generation: UInt64
        fileprivate var refusals: Int
        fileprivate var unknownFrames: UInt64

        /// Nothing has counted so far.
        private static let counted: UInt64 = 1 << 53

        fileprivate var isPlausible: Bool {
            !self.setups.isEmpty && self.setups.count <= Self.most && self.former.count <= Self.most
                && (0...Self.most).contains(self.refusals) && self.generation < Self.counted
                && self.unknownFrames < Self.counted
        }

        /// Sessions have fewer tracks, and clients are refused fewer times.
        private static let most = 256
    }

    /// Where it stands behind the last message that was read; nil where it neither records nor plays.
    package var standing: Standing? {
        let (presentation, isPaused): (Presentation, Bool)
        switch self.state {
        case .recording(let known, let pauses), .playing(let known, let pauses):
            (presentation, isPaused) = (known, pauses)
        case .idle, .asked, .ready, .closed:
            return nil
        }
        guard let decoder = self.decoder.standing else { return nil }
        return Standing(
            relay: presentation.address.relay,
            stream: presentation.address.stream,
            records: presentation.records,
            isPaused: isPaused,
            base: presentation.base,
            controls: presentation.controls,
            payloadTypes: presentation.payloadTypes,
            setups: presentation.setups,
            channels: presentation.channels,
            former: presentation.former,
            decoder: decoder,
            identifier: Hexadecimal.encode(self.identifier),
            nonce: self.nonce,
            generation: self.generation,
            refusals: self.refusals,
            unknownFrames: self.unknownFrames
        )
    }

    /// Bytes that came and are not read yet.
    package var unreadBytes: Int { self.unread.readableBytes }

    /// Nil where no session can have stood so.
    package init?(resuming standing: Standing, configuration: RTSPSessionConfiguration) {
        guard standing.isPlausible, let identifier = UInt64(standing.identifier, radix: 16),
            let nonce = UInt64(standing.nonce, radix: 16),
            let decoder = RTSPMessageDecoder(resuming: standing.decoder, limits: configuration.limits)
        else { return nil }
        var presentation = Presentation(
            RTSPAddress(relay: standing.relay, stream: standing.stream),
            records: standing.records,
            controls: standing.controls,
            uri: standing.base
        )
        if let controls = standing.controls {
            presentation = presentation.with(controls: controls, payloadTypes: standing.payloadTypes)
        }
        presentation.setups = standing.setups
        presentation.channels = standing.channels
        presentation.former = standing.former
        self.init(
            standing.records
                ? .recording(presentation, isPaused: standing.isPaused)
                : .playing(presentation, isPaused: standing.isPaused),
            decoder,
            configuration: configuration,
            identifier: identifier,
            nonce: nonce
        )
        self.generation = standing.generation
        self.refusals = standing.refusals
        self.unknownFrames = standing.unknownFrames
    }
}
