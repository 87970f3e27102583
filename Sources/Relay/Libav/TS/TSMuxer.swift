internal import CLibav
package import Media
package import NIOCore

/// MPEG-TS (ISO/IEC 13818-1) written to memory: every packet gives its own TS packets at once.
///
/// The PCR is the stream's own clock; time stamps run ``lead`` ahead of it, which is the time a decoder has to receive
/// a packet before it is due. Tables stand before every keyframe of video, so a viewer can join there.
package struct TSMuxer: ~Copyable, Sendable {
    /// How far pts and dts run ahead of the PCR, and so of the stream's clock; the same for every track.
    package static let lead = MediaTime.milliseconds(100)

    /// Bytes of a TS packet.
    package static let packetSize = 188

    private let context: OutputContext
    /// In the order of libav's streams.
    private var tracks: [TSTrack]
    private var padded = PaddedBytes()
    private var written = MuxerCounts()

    private init(context: consuming OutputContext, tracks: [TSTrack]) {
        self.context = context
        self.tracks = tracks
    }

    /// A muxer of the tracks in the order given.
    ///
    /// - Parameters:
    ///   - tracks: each track with its configuration.
    ///   - identifiers: the PID of each track, 32 to 4095; where it is not said, it goes by the track's place.
    ///   - tablesVersion: version of PAT and PMT, counted modulo 32: one more than that of the muxer this one follows.
    ///   - followsAnother: whether viewers have another muxer's packets behind them: the first packet of each PID is
    ///     marked discontinuous, so that its continuity counter may start anew.
    /// - Returns: the muxer; it has no header, tables come with the packets.
    /// - Throws: ``LibavError/unsupported(_:format:)`` for what ``carries(_:)`` says no to, among others.
    package static func make(
        _ tracks: [(TrackID, CodecConfiguration)],
        identifiers: [TrackID: Int] = [:],
        tablesVersion: Int = 0,
        followsAnother: Bool = false
    ) throws(LibavError) -> TSMuxer {
        let context = try OutputContext.allocated(muxer: "mpegts", capacity: Self.capacity)
        var made: [TSTrack] = []
        for (id, configuration) in tracks {
            guard Self.carries(configuration.codec) else {
                throw .unsupported(configuration.codec, format: .mpegTS)
            }
            let track = try TSTrack(id, configuration)
            try context.add(
                StreamParameters(id, configuration),
                scale: TSTrack.scale,
                extradata: track.needsExtradata,
                identifier: identifiers[id]
            )
            made.append(track)
        }
        try context.name(service: "Transponder")
        var options = [
            ("max_delay", "\(Self.lead.microseconds)"), ("mpegts_copyts", "1"),
            ("tables_version", "\(((tablesVersion % 32) + 32) % 32)"),
        ]
        if followsAnother { options.append(("mpegts_flags", "+initial_discontinuity")) }
        try context.writeHeader(options, doing: "opening an MPEG-TS muxer")
        return TSMuxer(context: context, tracks: made)
    }

    /// Whether MPEG-TS has a stream type for the coding that players know.
    package static func carries(_ codec: Codec) -> Bool {
        switch codec {
        case .h264, .hevc, .aac, .mp3, .mp2, .opus, .ac3, .eac3: true
        case .av1, .vp9, .vp8, .flac, .pcmu, .pcma, .l16: false
        }
    }

    package var counts: MuxerCounts {
        var counts = self.written
        counts.movedStamps = self.tracks.reduce(0) { $0 + $1.timing.clock.moved }
        return counts
    }

    /// The TS packets of one packet, a whole number of them.
    ///
    /// - Parameters:
    ///   - packet: one of any of the muxer's tracks, in order of dts within each.
    ///   - join: a viewer may join here although it is no keyframe of video, as in a stream of sound alone: tables and
    ///     a random access mark come first.
    ///   - tables: PAT and PMT come first although no viewer may join here: a segment of a playlist begins with them
    ///     (RFC 8216 section 3.2).
    /// - Returns: the TS packets; none for a packet without a byte.
    /// - Throws: a refusal of this packet alone, such as ``LibavError/malformed(_:_:reason:)``: the muxer can go on.
    package mutating func append(
        _ packet: Packet,
        join: Bool = false,
        tables: Bool = false
    ) throws(LibavError) -> ByteBuffer {
        guard let index = self.tracks.firstIndex(where: { $0.id == packet.track }) else {
            throw .unknownTrack(packet.track)
        }
        guard packet.payload.readableBytes > 0 else {
            self.written.empty += 1
            return ByteBuffer()
        }
        let isKeyframe = join || packet.track.kind == .video && packet.flags.contains(.keyframe)
        if isKeyframe || tables {
            for index in self.tracks.indices { self.tracks[index].isNewToSome = true }
        }
        let (payload, stamp) = try self.tracks[index].prepare(packet, isKeyframe: isKeyframe, in: &self.padded)
        if isKeyframe || tables { try self.context.set("mpegts_flags", "+resend_headers") }
        try self.context.write(
            payload,
            stream: index,
            stamp: stamp,
            duration: 0,
            isKeyframe: isKeyframe,
            doing: "writing a packet of \(packet.track.kind) to MPEG-TS"
        )
        // Sound is otherwise held back until a PES packet of several frames is full.
        if packet.track.kind == .audio { try self.context.flush(doing: "flushing MPEG-TS") }
        self.written.packets += 1
        return self.context.take()
    }

    private static let capacity = 64 * 1024
}
