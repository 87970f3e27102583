import Media
import NIOCore
import Tape
import Wire

/// RTP and RTCP packets as they are interleaved with RTSP (RFC 2326 section 10.12): `$`, channel, length, packet.
///
/// Connections are sent the bytes as they stand; for datagrams the four bytes in front of a packet say how long it is and
/// where it goes. In front of every join, and every few seconds, each track says what time it is, so that a receiver puts
/// sound and pictures together from its first packet on. New parameter sets are in the packets, so only another set of
/// tracks, or another coding, ends those who were told of the one before.
final class RTPMux: WireMux {
    /// How often tracks say what time it is, µs of the stream's clock.
    static let reportInterval: Int64 = 5_000_000

    /// How fast what a track says of the time of day may bend: one part in so many. Players place packets by the newest
    /// report, so a correction at once would move sound and pictures back.
    static let slew: Int64 = 1000

    private(set) var carriage = Carriage()
    private let path: String
    private let selection: RTPTrackNumbers?
    private var active = ActiveTracks()
    private var presentation: RTPPresentation?
    private var packetizers: [TrackID: RTPPacketizer] = [:]
    /// Wall-clock minus stream time, µs: as it is told, and as the stream has it.
    private var wallOffset: Int64
    private var wantedWallOffset: Int64
    private var lastReport: Int64?
    /// Of the last packet.
    private var lastTime: MediaTime?
    /// Where it goes on with the sources of a mux that is dead.
    private var past = RTPPast()

    /// - Parameters:
    ///   - path: The stream's, which its sources are named for.
    ///   - selection: The tracks to send; nil for all.
    ///   - wallOffset: Wall-clock minus stream time, µs, until the stream says better.
    init(path: String, only selection: RTPTrackNumbers?, wallOffset: Int64) {
        self.path = path
        self.selection = selection
        self.wallOffset = wallOffset
        self.wantedWallOffset = wallOffset
    }

    func resume(_ past: WirePast) {
        var start: MediaTime?
        past.read { time, bytes in
            start = start ?? time
            return self.past.learn(from: bytes, at: time)
        }
        guard let start, let wallOffset = self.past.wallOffset else { return }
        self.wallOffset = wallOffset
        self.lastReport = start.microseconds
    }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws {
        switch entry.event {
        case .configuration(let track, let configuration):
            self.active.note(configuration, for: track, isRepeat: entry.isRepeat)
        case .packet(let packet):
            if let mark = entry.segment { self.wantedWallOffset = mark.wallClock &- packet.pts.microseconds }
            try self.write(packet, isJoin: entry.isJoin, into: &target)
        }
    }

    private func write(_ packet: Packet, isJoin: Bool, into target: inout MuxTarget) throws {
        if self.active.settle() { try self.restart(at: packet.dts, in: &target) }
        self.lastTime = packet.dts
        var frames = ByteBuffer()
        // A join of the stream is one here even where its packet is not sent: the pictures' joins serve who only listens.
        if isJoin || self.isReportDue(packet.dts) { self.report(at: packet.dts, into: &frames) }
        if isJoin { target.newestJoin = self.join(at: packet.dts) }
        self.packetizers[packet.track]?.write(packet, into: &frames)
        guard frames.readableBytes > 0 else { return }
        try target.append(frames, time: packet.dts, join: isJoin)
    }

    /// The stream is over, and with it all its sources.
    func finish(into target: inout MuxTarget) throws {
        try self.leave(Array(self.packetizers.values), in: &target)
        self.packetizers = [:]
    }

    /// Says for sources that nothing more comes of them. Those of a stream whose publisher is gone do not leave: it goes on
    /// when one comes back.
    private func leave(_ sources: [RTPPacketizer], in target: inout MuxTarget) throws {
        guard let time = self.lastTime, !sources.isEmpty else { return }
        var frames = ByteBuffer()
        for packetizer in sources.sorted(by: { $0.track.number < $1.track.number }) {
            packetizer.writeReport(
                at: time,
                wallClock: time.microseconds &+ self.wallOffset,
                name: self.path,
                isLast: true,
                into: &frames
            )
        }
        try target.append(frames, time: time, join: false)
    }

    private func restart(at time: MediaTime, in target: inout MuxTarget) throws {
        self.carriage = Carriage(of: self.active.byID, in: .rtp)
        let presentation = RTPPresentation(self.active.byID, path: self.path)
        let isContinued = self.presentation?.isContinued(by: presentation) ?? false
        self.presentation = presentation
        let carried = presentation.tracks.filter { self.selection?.contains($0.number) ?? true }
        var packetizers: [TrackID: RTPPacketizer] = [:]
        for track in carried {
            var packetizer =
                self.packetizers[track.track]
                ?? RTPPacketizer(
                    track,
                    framing: .interleaved,
                    from: self.past.sources[track.channel] ?? RTPSourceStanding(sequence: Self.sequence(at: time))
                )
            packetizer.continue(as: track)
            packetizers[track.track] = packetizer
        }
        // In front of the barrier: who was told of them goes no further.
        let staying = Set(packetizers.values.map(\.track.synchronizationSource))
        let gone = self.packetizers.values.filter { !staying.contains($0.track.synchronizationSource) }
        try self.leave(gone, in: &target)
        self.packetizers = packetizers
        self.past = RTPPast()
        guard !isContinued else { return }
        target.setPreamble(Preamble(continuable: false, identity: RTPSeed.of(presentation.sessionDescription())))
    }

    /// A track's first sequence number: of the stream's clock, so that a relay that takes over is taken for a source that
    /// goes on after a loss. RFC 3550 section 5.1 wants it unpredictable for the sake of encryption, which this is not.
    private static func sequence(at time: MediaTime) -> UInt16 {
        UInt16(truncatingIfNeeded: time.microseconds / 1000)
    }

    private func isReportDue(_ time: MediaTime) -> Bool {
        guard let last = self.lastReport else { return true }
        return time.microseconds - last >= Self.reportInterval
    }

    private func report(at time: MediaTime, into frames: inout ByteBuffer) {
        let error = self.wantedWallOffset &- self.wallOffset
        let limit = self.lastReport.map { max(0, time.microseconds - $0) / Self.slew } ?? .max
        self.wallOffset &+= max(-limit, min(limit, error))
        self.lastReport = time.microseconds
        for packetizer in self.packetizers.values.sorted(by: { $0.track.number < $1.track.number }) {
            packetizer.writeReport(
                at: time,
                wallClock: time.microseconds &+ self.wallOffset,
                name: self.path,
                into: &frames
            )
        }
    }

    private func join(at time: MediaTime) -> RTPJoin {
        RTPJoin(
            tracks: self.packetizers.values.sorted { $0.track.number < $1.track.number }.map {
                RTPJoin.Track(
                    number: $0.track.number,
                    sequence: $0.writer.sequence,
                    timestamp: $0.track.timestamp(of: time)
                )
            }
        )
    }
}

/// What comes first at a join: the `RTP-Info` of RTSP (RFC 2326 section 12.33).
package struct RTPJoin: Hashable, Sendable {
    package struct Track: Hashable, Sendable {
        /// As in ``RTPOutgoingTrack/number``.
        package let number: Int
        /// Of the track's first packet from there on.
        package let sequence: UInt16
        /// The join's time in the track's timestamps.
        package let timestamp: UInt32
    }

    package let tracks: [Track]
}
