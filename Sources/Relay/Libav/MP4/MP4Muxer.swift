internal import CLibav
package import Media
package import NIOCore

/// Fragmented MP4 (ISO/IEC 14496-12) written to memory, a fragment whenever the caller says so.
///
/// Decode times are those of the stream's own clock in every fragment, so a muxer can be made in the middle of a
/// stream, and made again after a configuration changed, and what it writes lines up with what came before.
package struct MP4Muxer: ~Copyable, Sendable {
    /// `ftyp` and `moov`: what a player needs before the first fragment.
    package let header: ByteBuffer

    private let context: OutputContext
    /// In the order of libav's streams.
    private var tracks: [MP4Track]
    private var padded = PaddedBytes()
    private var written = MuxerCounts()
    /// First access units of tracks whose header boxes libav makes from packets, until they were shown to it.
    private var unprimed: [TrackID: ByteBuffer]

    private init(
        context: consuming OutputContext,
        header: ByteBuffer,
        tracks: [MP4Track],
        unprimed: [TrackID: ByteBuffer]
    ) {
        self.context = context
        self.header = header
        self.tracks = tracks
        self.unprimed = unprimed
    }

    /// A muxer of the tracks in the order given.
    ///
    /// - Parameters:
    ///   - tracks: each track with its configuration.
    ///   - layout: how the tracks share fragments; ``MP4Layout/cmaf`` takes one track.
    ///   - firstUnits: an access unit of each track for which ``needsFirstUnit(_:)`` says so.
    ///   - fragment: the sequence number of the first fragment.
    /// - Returns: the muxer, its ``header`` written.
    /// - Throws: ``LibavError/unsupported(_:format:)`` and ``LibavError/incomplete(_:_:missing:)``, among others.
    package static func make(
        _ tracks: [(TrackID, CodecConfiguration)],
        layout: MP4Layout = .muxed,
        firstUnits: [TrackID: ByteBuffer] = [:],
        fragment: Int = 1
    ) throws(LibavError) -> MP4Muxer {
        let opening = try MP4Opening(tracks, layout: layout, firstUnits: firstUnits, fragment: fragment)
        let header: ByteBuffer
        let context = try opening.open()
        if opening.firstUnits.isEmpty {
            header = context.take()
        } else {
            header = try opening.trialHeader()
        }
        return MP4Muxer(context: context, header: header, tracks: opening.tracks(), unprimed: opening.firstUnits)
    }

    /// Whether a track of the coding can be in an MP4 file.
    package static func carries(_ codec: Codec) -> Bool {
        switch codec {
        case .h264, .hevc, .av1, .vp9, .aac, .mp3, .opus, .flac, .ac3, .eac3: true
        // What plays MP4 in the field, browsers first, takes no sound of layer II.
        case .vp8, .mp2, .pcmu, .pcma, .l16: false
        }
    }

    /// Whether the header says things that only a packet tells: the coding has no configuration record.
    package static func needsFirstUnit(_ codec: Codec) -> Bool { codec == .ac3 || codec == .eac3 }

    package var counts: MuxerCounts {
        var counts = self.written
        counts.movedStamps = self.tracks.reduce(0) { $0 + $1.clock.moved }
        return counts
    }

    /// By how much more than its own length a last sample is shown, at most.
    private static let longestTail = MediaTime(microseconds: 500_000)

    /// Puts a packet into the fragment that ``flushFragment(before:)`` will close. An error refuses this packet alone.
    package mutating func append(_ packet: Packet) throws(LibavError) {
        guard let index = self.tracks.firstIndex(where: { $0.id == packet.track }) else {
            throw .unknownTrack(packet.track)
        }
        guard packet.payload.readableBytes > 0 else {
            self.written.empty += 1
            return
        }
        if !self.unprimed.isEmpty { try self.prime(at: packet.dts) }
        self.written.packets += 1
        guard let (before, duration) = self.tracks[index].exchange(packet) else { return }
        try self.write(before, duration: duration, index: index)
    }

    /// Closes the fragment: `moof` and `mdat` of all packets since the last one, or nil where there were none.
    ///
    /// - Parameters:
    ///   - next: the packet that will be appended next, where it is known: it gives the last sample of its track its true
    ///     duration. Other tracks' last samples get the length their coding gives them, or the distance of the samples
    ///     before.
    ///   - isLast: whether nothing follows that goes on from it. Its tracks then end at one time, their last samples being
    ///     shown for longer. The pictures of an encoder that reorders them end later than its sound, and players that
    ///     place what comes after a break at the end of the longest track (Media Source Extensions, sequence mode) wait
    ///     for ever before the gap in the other.
    /// - Returns: one `moof` with its `mdat`.
    /// - Throws: ``LibavError/failed(call:code:text:doing:)``: the fragment is lost, the next one can be written.
    package mutating func flushFragment(
        before next: Packet? = nil,
        isLast: Bool = false
    ) throws(LibavError) -> ByteBuffer? {
        let ends = isLast ? self.tracks.compactMap(\.presentationEnd) : []
        for index in self.tracks.indices {
            let follower = next?.track == self.tracks[index].id ? next?.dts : nil
            let own = self.tracks[index].presentationEnd
            // A track that has ended long before the others has nothing to wait for.
            let end = ends.max().flatMap { end in own.map { end - $0 <= Self.longestTail } == true ? end : nil }
            guard let (last, duration) = self.tracks[index].release(next: follower, until: end) else { continue }
            try self.write(last, duration: duration, index: index)
        }
        try self.context.flush(doing: "closing an MP4 fragment")
        let fragment = self.context.take()
        guard fragment.readableBytes > 0 else { return nil }
        // Otherwise libav would set the next decode time to where the durations written so far end.
        try self.context.set("movflags", "+frag_discont")
        return fragment
    }

    private mutating func write(_ held: MP4Track.Held, duration: Int64, index: Int) throws(LibavError) {
        let codec = self.tracks[index].codec
        let payload = MP4Opening.needsPadding(codec) ? self.padded.hold(held.payload) : held.payload
        try self.context.write(
            payload,
            stream: index,
            stamp: held.stamp,
            duration: duration,
            isKeyframe: held.isKeyframe,
            doing: "writing a \(codec.rawValue) sample"
        )
    }

    /// Shows libav the first units a little before the stream's first packet, and throws away what it makes of them.
    private mutating func prime(at time: MediaTime) throws(LibavError) {
        for (id, unit) in self.unprimed {
            guard let index = self.tracks.firstIndex(where: { $0.id == id }) else { continue }
            let clock = self.tracks[index].clock
            let tick = clock.ticks(time) - clock.scale
            let held = MP4Track.Held(stamp: .init(pts: tick, dts: tick), isKeyframe: true, payload: unit)
            try self.write(held, duration: 1536, index: index)
        }
        self.unprimed = [:]
        for _ in 0..<2 { try self.context.flush(doing: "writing an MP4 header") }
        _ = self.context.take()
        try self.context.set("movflags", "+frag_discont")
    }
}
