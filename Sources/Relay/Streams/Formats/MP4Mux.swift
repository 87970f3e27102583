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

    private let format: WireFormat
    private let partTarget: MediaTime
    private var active = ActiveTracks()
    /// Of the tracks as the tape names them now; they take effect at the next mark.
    private(set) var carriage = Carriage()
    private var muxer: MP4Muxer?
    /// The tracks of the muxer.
    private var carried: [TrackID: CodecConfiguration] = [:]
    private var part: Part?
    /// The last access unit of each track whose header boxes are made from one.
    private var firstUnits: [TrackID: ByteBuffer] = [:]
    private var isRestartDue = false
    /// What a mux that is dead has left: a fragment that is written once more has the number that it has there.
    private var past: WirePast?
    /// What waits until each such track has sent one; begins with the packet of a mark.
    private var held: [TapeEntry] = []

    /// Entries that are held at most; a second of a stream has about a hundred.
    private static let heldLimit = 256

    /// - Parameters:
    ///   - format: which of the stream's tracks are in it.
    ///   - partTarget: the length of a fragment.
    init(_ format: WireFormat, partTarget: MediaTime) {
        self.format = format
        self.partTarget = partTarget
    }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        guard self.held.isEmpty else {
            self.held.append(entry)
            self.learn(from: entry)
            let isOver = entry.isJoin || self.held.count >= Self.heldLimit
            if isOver || self.hasFirstUnits { try self.release(into: &target) }
            return
        }
        try self.take(entry, into: &target)
    }

    private func take(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            // A track that comes between joins has no place in the header already sent; the next join repeats it.
            if entry.isRepeat { self.active.note(configuration, for: track, isRepeat: true) }
        case .packet(let packet):
            if self.active.settle() {
                self.carriage = Carriage(of: self.active.byID, in: self.format)
                self.isRestartDue = self.carriage.tracks != self.carried
            }
            if entry.segment != nil, self.isRestartDue {
                self.firstUnits = [:]
                self.learn(from: entry)
                guard self.hasFirstUnits else {
                    self.held = [entry]
                    return
                }
            }
            try self.enter(packet, of: entry, into: &target)
        }
    }

    private func enter(_ packet: Packet, of entry: TapeEntry, into target: inout MuxTarget) throws {
        self.learn(from: entry)
        if entry.isJoin || entry.segment != nil { try self.join(at: packet, of: entry, into: &target) }
        try self.write(packet, into: &target)
    }

    /// Goes on with what was held until the header could be made; a track that sent nothing meanwhile is left out of it
    /// until the next mark.
    private func release(into target: inout MuxTarget) throws {
        let entries = self.held
        self.held = []
        for (index, entry) in entries.enumerated() {
            if index == 0, case .packet(let packet) = entry.event {
                try self.enter(packet, of: entry, into: &target)
            } else {
                try self.consume(entry, into: &target)
            }
        }
    }

    /// Keeps the access unit of a track whose header boxes are made from one.
    private func learn(from entry: TapeEntry) {
        guard case .packet(let packet) = entry.event, let codec = self.carriage.tracks[packet.track]?.codec,
            MP4Muxer.needsFirstUnit(codec)
        else { return }
        self.firstUnits[packet.track] = packet.payload
    }

    private var hasFirstUnits: Bool {
        self.carriage.tracks.allSatisfy { track, configuration in
            !MP4Muxer.needsFirstUnit(configuration.codec) || self.firstUnits[track] != nil
        }
    }

    func resume(_ past: WirePast) { self.past = past }

    func flush(into target: inout MuxTarget) throws {
        try self.endPart(before: nil, in: &target)
    }

    private func join(at packet: Packet, of entry: TapeEntry, into target: inout MuxTarget) throws {
        try self.endPart(before: packet, in: &target)
        if let mark = entry.segment {
            let isBreak = packet.flags.contains(.discontinuity)
            target.segments.finish(at: target.head, next: isBreak ? nil : packet.dts)
            if self.isRestartDue { try self.restart(from: mark, at: packet.dts, into: &target) }
            target.segments.begin(
                mark,
                at: packet.dts,
                offset: target.head,
                isIndependent: entry.isJoin || !self.hasVideo
            )
        }
        self.part = Part(start: packet.dts, isJoin: entry.isJoin || !self.hasVideo)
    }

    private var hasVideo: Bool { self.carried.keys.contains { $0.kind == .video } }

    private func restart(from mark: SegmentMark, at time: MediaTime, into target: inout MuxTarget) throws {
        var tracks = self.carriage.tracks.filter { track, configuration in
            self.firstUnits[track] != nil || !MP4Muxer.needsFirstUnit(configuration.codec)
        }
        self.isRestartDue = tracks.count < self.carriage.tracks.count
        self.carried = [:]
        self.muxer = nil
        guard !tracks.isEmpty else { return }
        let fragment = self.fragmentNumber(at: time)
        let muxer: MP4Muxer
        do {
            muxer = try self.make(tracks, fragment)
        } catch {
            self.carriage.leaveOut(in: ContainerFormat.mp4.rawValue) { track, configuration in
                guard tracks[track] != nil else { return }
                try _ = self.make([track: configuration], fragment)
            }
            tracks = tracks.filter { self.carriage.tracks[$0.key] != nil }
            guard !tracks.isEmpty else { return }
            muxer = try self.make(tracks, fragment)
        }
        self.carried = tracks
        target.segments.setInitialization(muxer.header, from: mark.number)
        target.setPreamble(Preamble(opening: muxer.header, continuable: false))
        self.muxer = consume muxer
    }

    /// `sequence_number` of a fragment that begins a file. One that is on the tape begins with `moof`, and that with `mfhd`:
    /// ISO/IEC 14496-12 sections 8.8.4 and 8.8.5. Viewers may have joined before the first mark, with which a mux begins.
    private func fragmentNumber(at time: MediaTime) -> Int {
        var number: UInt32?
        self.past?.read { found, bytes in
            guard found == time else { return found < time }
            number = bytes.getInteger(at: bytes.readerIndex + 20)
            return false
        }
        if number == nil { self.past = nil }
        return number.flatMap { Int32(exactly: $0) }.map { max(Int($0), 1) } ?? 1
    }

    private func make(_ tracks: [TrackID: CodecConfiguration], _ fragment: Int) throws -> MP4Muxer {
        try MP4Muxer.make(
            tracks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            firstUnits: self.firstUnits,
            fragment: fragment
        )
    }

    private func write(_ packet: Packet, into target: inout MuxTarget) throws {
        // What is coded in another way than the header says waits for the next one.
        guard let carried = self.carried[packet.track], carried == self.carriage.tracks[packet.track] else { return }
        if let part = self.part, packet.dts - part.start >= self.partTarget {
            try self.endPart(before: packet, in: &target)
        }
        if self.part == nil { self.part = Part(start: packet.dts, isJoin: false) }
        try self.muxer?.append(packet)
        target.segments.observe(packet.dts, isPrimary: packet.track == self.carried.keys.min())
    }

    private func endPart(before next: Packet?, in target: inout MuxTarget) throws {
        guard let part = self.part else { return }
        self.part = nil
        let follows = next.flatMap { $0.flags.contains(.discontinuity) ? nil : $0 }
        guard let bytes = try self.muxer?.flushFragment(before: follows, isLast: follows == nil) else { return }
        try target.append(bytes, time: part.start, join: part.isJoin)
    }
}
