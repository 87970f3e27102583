import Libav
import Media
import NIOCore
import Tape

/// Fragmented MP4: `.mp4` viewers read the fragments as they come; an HLS segment is the fragments between two marks.
///
/// The set of tracks is fixed in the file's header, so a change of it takes effect at the next mark: progressive viewers
/// end there and playlists name a new initialisation section.
final class MP4Mux: WireMux {
    private struct Part {
        var start: MediaTime
        var isJoin: Bool
    }

    private let partTarget: MediaTime
    private var book = TrackBook()
    private var muxer: MP4Muxer?
    private var carried: Set<TrackID> = []
    private var part: Part?
    /// The last access unit of each track whose header is made from one.
    private var firstUnits: [TrackID: ByteBuffer] = [:]
    private var isRestartDue = false

    /// `partTarget` is the length of a fragment.
    init(partTarget: MediaTime) {
        self.partTarget = partTarget
    }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            // A track that comes between joins has no place in the header already sent; the next join repeats it.
            if entry.isRepeat { self.book.note(configuration, for: track, isRepeat: true) }
        case .packet(let packet):
            if entry.isJoin { try self.join(at: packet, mark: entry.segment, into: &target) }
            try self.write(packet, into: &target)
        }
    }

    func flush(into target: inout MuxTarget) throws {
        try self.endPart(before: nil, on: target.tape)
    }

    private func join(at packet: Packet, mark: SegmentMark?, into target: inout MuxTarget) throws {
        try self.endPart(before: packet, on: target.tape)
        if let mark {
            let isBreak = packet.flags.contains(.discontinuity)
            target.segments.finish(at: target.tape.head, next: isBreak ? nil : packet.dts)
            if self.book.settle() || self.isRestartDue { try self.restart(from: mark, into: &target) }
            target.segments.begin(mark, at: packet.dts, offset: target.tape.head)
        }
        self.part = Part(start: packet.dts, isJoin: true)
    }

    private func restart(from mark: SegmentMark, into target: inout MuxTarget) throws {
        let tracks = self.book.tracks.filter { MP4Muxer.carries($0.configuration.codec) }
        let wanting = tracks.filter { MP4Muxer.needsFirstUnit($0.configuration.codec) }.map(\.id)
        // Such a track's header boxes are made from its first access unit: the next mark will have seen one.
        self.isRestartDue = !wanting.allSatisfy { self.firstUnits[$0] != nil }
        self.carried = []
        self.muxer = nil
        guard !self.isRestartDue, !tracks.isEmpty else { return }
        let muxer = try MP4Muxer.make(
            tracks.map { ($0.id, $0.configuration) },
            firstUnits: self.firstUnits.filter { wanting.contains($0.key) }
        )
        self.carried = Set(tracks.map(\.id))
        target.segments.setInitialization(muxer.header, from: mark.number)
        target.tape.setPreamble(Preamble(opening: muxer.header, continuable: false))
        self.muxer = consume muxer
    }

    private func write(_ packet: Packet, into target: inout MuxTarget) throws {
        if let codec = self.book[packet.track]?.codec, MP4Muxer.needsFirstUnit(codec) {
            self.firstUnits[packet.track] = packet.payload
        }
        guard self.carried.contains(packet.track) else { return }
        if let part = self.part, packet.dts - part.start >= self.partTarget {
            try self.endPart(before: packet, on: target.tape)
        }
        if self.part == nil { self.part = Part(start: packet.dts, isJoin: false) }
        try self.muxer?.append(packet)
        target.segments.observe(packet.dts, isPrimary: packet.track == self.book.primary)
    }

    private func endPart(before next: Packet?, on tape: WireTape) throws {
        guard let part = self.part else { return }
        self.part = nil
        let follows = next.flatMap { $0.flags.contains(.discontinuity) ? nil : $0 }
        guard let bytes = try self.muxer?.flushFragment(before: follows) else { return }
        try tape.append(bytes, time: part.start, join: part.isJoin)
    }
}
