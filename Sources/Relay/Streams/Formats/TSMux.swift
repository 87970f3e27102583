import Libav
import Media
import NIOCore
import Tape

/// MPEG transport stream: tables before every keyframe, so a viewer can start at any of them without a preamble.
///
/// A change of tracks continues on the same tape with a new version of the tables.
final class TSMux: WireMux {
    private(set) var carriage = Carriage()
    private var active = ActiveTracks()
    private var identifiers = TSIdentifiers()
    private var muxer: TSMuxer?
    /// `version_number` of the tables, 5 bits (ISO/IEC 13818-1 section 2.4.4.5); nil before the first.
    private var version: Int?
    /// The next packet that a viewer can begin with is a join.
    private var isJoinDue = false
    private var areTablesDue = false
    private var ends = TrackEnds()
    /// Where it goes on with the tables and counters of a mux that is dead.
    private var continuity: TSContinuity?

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            self.active.note(configuration, for: track, isRepeat: entry.isRepeat)
        case .packet(let packet):
            if let mark = entry.segment {
                let isBreak = packet.flags.contains(.discontinuity)
                // What cannot be filled up costs nothing of what follows.
                if isBreak { try? self.flush(into: &target) }
                target.segments.finish(at: target.head, next: isBreak ? nil : packet.dts)
                target.segments.begin(
                    mark,
                    at: packet.dts,
                    offset: target.head,
                    isIndependent: entry.isJoin || !self.hasVideo
                )
                self.areTablesDue = true
            }
            if entry.isJoin { self.isJoinDue = true }
            if self.active.settle() { try self.restart() }
            try self.write(packet, of: entry, into: &target)
        }
    }

    func resume(_ past: WirePast) {
        var continuity = TSContinuity()
        past.read { _, bytes in continuity.learn(from: bytes) }
        self.continuity = continuity
    }

    /// Nothing follows that goes on from here: sound that ends before the pictures is silent until they have ended.
    func flush(into target: inout MuxTarget) throws {
        defer { self.ends.removeAll() }
        for (track, configuration) in self.carriage.sorted where track.kind == .audio {
            guard let lack = self.ends.lack(of: track), let silence = AACSilence(configuration) else { continue }
            var time = lack.from
            while time + silence.duration <= lack.until {
                let packet = Packet(track: track, pts: time, dts: time, payload: silence.accessUnit)
                if var bytes = try self.muxer?.append(packet) {
                    self.continuity?.write(into: &bytes)
                    try target.append(bytes, time: time, join: false)
                }
                time = time + silence.duration
            }
        }
    }

    private var hasVideo: Bool { self.carriage.tracks.keys.contains { $0.kind == .video } }

    private func write(_ packet: Packet, of entry: TapeEntry, into target: inout MuxTarget) throws {
        guard self.carriage.tracks[packet.track] != nil else { return }
        let canBegin =
            packet.track.kind == .video ? packet.flags.contains(.keyframe) : entry.isJoin || !self.hasVideo
        let isJoin = self.isJoinDue && canBegin
        guard var bytes = try self.muxer?.append(packet, join: isJoin, tables: self.areTablesDue),
            bytes.readableBytes > 0
        else { return }
        self.continuity?.write(into: &bytes)
        try target.append(bytes, time: packet.dts, join: isJoin)
        self.ends.note(packet)
        if isJoin { self.isJoinDue = false }
        self.areTablesDue = false
        target.segments.observe(packet.dts, isPrimary: packet.track == self.carriage.sorted.first?.id)
    }

    private func restart() throws {
        var carriage = Carriage(of: self.active.byID, in: .ts)
        defer { self.carriage = carriage }
        guard carriage.tracks != self.carriage.tracks || self.muxer == nil else { return }
        self.muxer = nil
        guard !carriage.tracks.isEmpty else { return }
        let isFirst = self.version == nil
        let version = self.version.map { ($0 + 1) & 31 } ?? self.continuity?.tablesVersion ?? 0
        // The counters of another muxer begin anew, and its packets say so.
        if !isFirst { self.continuity = nil }
        self.version = version
        func make(_ tracks: [TrackID: CodecConfiguration]) throws -> TSMuxer {
            try TSMuxer.make(
                tracks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                identifiers: self.identifiers.all(of: tracks),
                tablesVersion: version,
                followsAnother: !isFirst
            )
        }
        do {
            self.muxer = try make(carriage.tracks)
        } catch {
            carriage.leaveOut(in: ContainerFormat.mpegTS.rawValue) { try _ = make([$0: $1]) }
            guard !carriage.tracks.isEmpty else { return }
            self.muxer = try make(carriage.tracks)
        }
    }
}

/// The PID of each track. It has it for as long as the tape lives, whatever comes and goes beside it, and no PID changes what
/// it means: a track that is coded anew by another coding has another, because decoders go on with what they began as.
struct TSIdentifiers {
    private struct Key: Hashable {
        let track: TrackID
        let codec: Codec
    }

    private var known: [Key: Int] = [:]

    /// PIDs for which a table might stand begin here.
    private static let end = 0x1000
    private static let first = 0x100
    /// Behind those of 256 tracks of each kind.
    private static let spare = first + 2 * 256

    mutating func all(of tracks: [TrackID: CodecConfiguration]) -> [TrackID: Int] {
        var identifiers: [TrackID: Int] = [:]
        for (track, configuration) in tracks.sorted(by: { $0.key < $1.key }) {
            identifiers[track] = self.identifier(of: Key(track: track, codec: configuration.codec))
        }
        return identifiers
    }

    private mutating func identifier(of key: Key) -> Int {
        if let known = self.known[key] { return known }
        let usual = Self.first + 2 * Int(key.track.index) + (key.track.kind == .video ? 0 : 1)
        let taken = Set(self.known.values)
        let made =
            taken.contains(usual) ? (Self.spare..<Self.end).first { !taken.contains($0) } ?? usual : usual
        self.known[key] = made
        return made
    }
}
