import Media
import NIOCore
import Tape
import Wire

/// FLV tags, either as they stand in an FLV file or as RTMP messages: one path for every codec, ours from end to end.
final class TagMux: WireMux {
    enum Framing {
        case flv
        case rtmp(RTMPChunkEncoder)
    }

    private(set) var carriage = Carriage()
    private let format: WireFormat
    private let framing: Framing
    private let isMultitrack: Bool
    private let encoder = MediaTagEncoder()
    private let tags = FLVTagEncoder()
    private var active = ActiveTracks()
    /// The next packet that a viewer can begin with is a join.
    private var isJoinDue = false

    init(_ format: WireFormat, framing: Framing, isMultitrack: Bool) {
        self.format = format
        self.framing = framing
        self.isMultitrack = isMultitrack
    }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            self.active.note(configuration, for: track, isRepeat: entry.isRepeat)
        case .packet(let packet):
            try self.write(packet, isJoin: entry.isJoin, into: &target)
        }
    }

    private func write(_ packet: Packet, isJoin: Bool, into target: inout MuxTarget) throws {
        if isJoin { self.isJoinDue = true }
        if self.active.settle() {
            let before = self.carriage.tracks
            self.carriage = Carriage(of: self.active.byID, in: self.format)
            // Whoever watches already learns of the change in its place; newcomers learn of it from the preamble.
            let headers = self.carriage.tracks == before ? ByteBuffer() : self.headers(at: packet.dts)
            if headers.readableBytes > 0 { try target.append(headers, time: packet.dts, join: false) }
        }
        guard let configuration = self.carriage.tracks[packet.track] else { return }
        var named = packet
        named.track = self.name(packet.track)
        guard let tag = self.encoder.packet(named, configuration), tag.bodyLength <= FLVTagEncoder.longestBody
        else { return }
        let isBeginning = self.isJoinDue && self.canBegin(with: packet, isJoin: isJoin)
        if isBeginning {
            target.setPreamble(self.preamble(at: packet.dts))
            self.isJoinDue = false
        }
        var bytes = ByteBuffer()
        self.frame(tag, into: &bytes)
        try target.append(bytes, time: packet.dts, join: isBeginning)
    }

    private func canBegin(with packet: Packet, isJoin: Bool) -> Bool {
        guard packet.track.kind == .audio else { return packet.flags.contains(.keyframe) }
        return isJoin || !self.carriage.tracks.keys.contains { $0.kind == .video }
    }

    /// The track's number in the tags: where there is one of a kind it is the default track, without a number.
    private func name(_ track: TrackID) -> TrackID {
        self.isMultitrack ? track : TrackID(track.kind)
    }

    private func preamble(at time: MediaTime) -> Preamble {
        let refresh = self.headers(at: time)
        guard case .flv = self.framing else { return Preamble(opening: refresh, refresh: refresh) }
        var opening = ByteBuffer()
        opening.writeImmutableBuffer(
            self.tags.fileHeader(
                hasAudio: self.carriage.tracks.keys.contains { $0.kind == .audio },
                hasVideo: self.carriage.tracks.keys.contains { $0.kind == .video }
            )
        )
        opening.writeImmutableBuffer(refresh)
        return Preamble(opening: opening, refresh: refresh)
    }

    /// Metadata and the configuration of every track. Metadata has time zero wherever it stands: ffmpeg takes a later one
    /// for a track of text.
    private func headers(at time: MediaTime) -> ByteBuffer {
        var bytes = ByteBuffer()
        let named = self.carriage.sorted.map { (id: self.name($0.id), configuration: $0.configuration) }
        let metadata = self.encoder.metadata(
            Dictionary(named.map { ($0.id, $0.configuration) }, uniquingKeysWith: { first, _ in first })
        )
        self.frame(
            FLVTagParts(
                kind: metadata.kind,
                timestamp: metadata.timestamp,
                header: ByteBuffer(),
                payload: metadata.body
            ),
            into: &bytes
        )
        for track in named {
            guard let tag = self.encoder.configuration(track.id, track.configuration, at: time) else { continue }
            self.frame(tag, into: &bytes)
        }
        return bytes
    }

    private func frame(_ tag: FLVTagParts, into bytes: inout ByteBuffer) {
        switch self.framing {
        case .flv: self.tags.write(tag, into: &bytes)
        case .rtmp(let chunks): chunks.write(tag, into: &bytes)
        }
    }
}
