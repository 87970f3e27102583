import Libav
import Media
import NIOCore
import Tape

/// MPEG transport stream: tables before every keyframe, so a viewer can start at any of them without a preamble.
///
/// A change of tracks continues on the same tape with a new version of the tables.
final class TSMux: WireMux {
    private var book = TrackBook()
    private var muxer: TSMuxer?
    private var carried: Set<TrackID> = []
    /// `version_number` of the tables, 5 bits (ISO/IEC 13818-1 section 2.4.4.5).
    private var version = 0

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            self.book.note(configuration, for: track, isRepeat: entry.isRepeat)
        case .packet(let packet):
            if let mark = entry.segment {
                let isBreak = packet.flags.contains(.discontinuity)
                target.segments.finish(at: target.tape.head, next: isBreak ? nil : packet.dts)
                target.segments.begin(mark, at: packet.dts, offset: target.tape.head)
            }
            try self.write(packet, isJoin: entry.isJoin, into: &target)
        }
    }

    private func write(_ packet: Packet, isJoin: Bool, into target: inout MuxTarget) throws {
        if self.book.settle() { try self.restart() }
        guard self.carried.contains(packet.track), let bytes = try self.muxer?.append(packet, join: isJoin),
            bytes.readableBytes > 0
        else { return }
        try target.tape.append(bytes, time: packet.dts, join: isJoin)
        target.segments.observe(packet.dts, isPrimary: packet.track == self.book.primary)
    }

    private func restart() throws {
        let isFirst = self.carried.isEmpty
        self.muxer = nil
        let tracks = self.book.tracks.filter { TSMuxer.carries($0.configuration.codec) }
        self.carried = Set(tracks.map(\.id))
        guard !tracks.isEmpty else { return }
        if !isFirst { self.version = (self.version + 1) & 31 }
        self.muxer = try TSMuxer.make(
            tracks.map { ($0.id, $0.configuration) },
            tablesVersion: self.version,
            followsAnother: !isFirst
        )
    }
}
