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

    private let framing: Framing
    private let encoder = MediaTagEncoder()
    private let tags = FLVTagEncoder()
    private var book = TrackBook()

    init(framing: Framing) {
        self.framing = framing
    }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            self.book.note(configuration, for: track, isRepeat: entry.isRepeat)
        case .packet(let packet):
            try self.write(packet, isJoin: entry.isJoin, onto: target.tape)
        }
    }

    private func write(_ packet: Packet, isJoin: Bool, onto tape: WireTape) throws {
        if self.book.settle() {
            // Whoever watches already learns of the change in its place; newcomers learn of it from the preamble.
            let headers = self.headers(at: packet.dts)
            if headers.readableBytes > 0 { try tape.append(headers, time: packet.dts, join: false) }
        }
        guard let configuration = self.book[packet.track],
            let tag = self.encoder.packet(packet, configuration), tag.bodyLength <= FLVTagEncoder.longestBody
        else { return }
        if isJoin { tape.setPreamble(self.preamble(at: packet.dts)) }
        var bytes = ByteBuffer()
        self.frame(tag, into: &bytes)
        try tape.append(bytes, time: packet.dts, join: isJoin)
    }

    private func preamble(at time: MediaTime) -> Preamble {
        let refresh = self.headers(at: time)
        guard case .flv = self.framing else { return Preamble(opening: refresh, refresh: refresh) }
        var opening = ByteBuffer()
        opening.writeImmutableBuffer(
            self.tags.fileHeader(
                hasAudio: self.book.tracks.contains { $0.id.kind == .audio },
                hasVideo: self.book.tracks.contains { $0.id.kind == .video }
            )
        )
        opening.writeImmutableBuffer(refresh)
        return Preamble(opening: opening, refresh: refresh)
    }

    /// Metadata and the configuration of every track. Metadata has time zero wherever it stands: ffmpeg takes a later one
    /// for a track of text.
    private func headers(at time: MediaTime) -> ByteBuffer {
        var bytes = ByteBuffer()
        let metadata = self.encoder.metadata(self.book.set)
        self.frame(
            FLVTagParts(
                kind: metadata.kind,
                timestamp: metadata.timestamp,
                header: ByteBuffer(),
                payload: metadata.body
            ),
            into: &bytes
        )
        for track in self.book.tracks {
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
