import Contract
import Libav
import Linux
import Media
import NIOCore
import Streams
import Tape

/// Looks into one stream, reading its packet tape as an output does. One thread uses it.
final class StreamInspection {
    /// Without picture or sound for so long there is nothing to compare, µs.
    private static let stall: Int64 = 1_000_000
    /// How long a source may take until its tracks come evenly, µs.
    private static let start: Int64 = 8_000_000
    /// Seconds in each second that sound must move against the picture.
    private static let leastLead = 0.03

    private let stream: Stream
    private let pixels: Int
    private var cursor: PacketCursor?
    /// Of the source that is looked into.
    private var firstOfSource: UInt64?
    /// Since when, µs.
    private var began: Int64?
    private var configurations: [TrackID: CodecConfiguration] = [:]
    private var picture: PictureWatch?
    private var sound: SoundWatch?
    private var drift = DriftMeter()
    private var pace = PaceMeter()
    private var interleave = InterleaveMeter()
    private var reordering = ReorderingMeter()
    /// How far each kind of track has come, µs, and when that was seen.
    private var heads: [TrackKind: (time: Int64, at: Int64)] = [:]
    /// The longest time from one packet of a kind to the next since the last look but one, µs.
    private var grains: (now: Int64, before: Int64) = (0, 0)
    private var cost = Duration.zero

    /// Whether somebody looks at its keyframes.
    var isWatched = false
    private var keyframe: (payload: ByteBuffer, configuration: CodecConfiguration)?
    private var lastView: Int64?
    private(set) var view: StillView?

    /// The least between two small pictures, µs: with a keyframe each second none is left out.
    private static let viewInterval: Int64 = 900_000

    /// - Parameters:
    ///   - stream: what to look into.
    ///   - pixels: larger pictures are not decoded.
    init(_ stream: Stream, pixels: Int) {
        self.stream = stream
        self.pixels = pixels
    }

    func isOf(_ stream: Stream) -> Bool { self.stream === stream }

    /// Reads what has come, and decodes what is due; nil while no source is on air.
    func look(_ checks: ChecksSpec, _ content: StreamContent, at now: Int64) -> InspectionSnapshot? {
        let before = ThreadPriority.cpu
        defer { self.cost += ThreadPriority.cpu - before }
        guard self.stream.isOnAir else {
            self.begin(of: nil)
            self.view = nil
            return nil
        }
        let first = self.stream.firstOfSource
        if first != self.firstOfSource { self.begin(of: first) }
        let began = self.began ?? now
        self.began = began
        self.read(checks, at: now)
        self.picture?.look(forText: checks.text && content != .camera, at: now)
        self.sound?.look(at: now)
        self.makeView(at: now)
        if now - began >= Self.start {
            self.noteDrift(at: now)
            if let head = self.heads.values.map(\.time).max() { self.pace.note(media: head, at: now) }
        }
        var snapshot = InspectionSnapshot(
            at: Instant(microseconds: now),
            picture: self.picture?.inspection.map { picture in
                var picture = picture
                picture.content = content
                return picture
            },
            sound: self.sound?.inspection,
            drift: self.worseDrift,
            cost: self.cost,
            failures: (self.picture?.failures ?? 0) + (self.sound?.failures ?? 0)
        )
        snapshot.pace = self.pace.pace
        snapshot.interleave = self.interleave.gap
        snapshot.reordering = self.reordering.depth
        snapshot.isPictureTooLarge = self.picture.map { !$0.fits } ?? false
        snapshot.isPictureUnreadable = self.picture?.isUnreadable ?? false
        return snapshot
    }

    /// What was known of another source says nothing of this one.
    private func begin(of first: UInt64?) {
        self.firstOfSource = first
        self.cursor = first.map { self.stream.record.cursor(at: max($0, self.stream.record.newestJoin ?? $0)) }
        self.configurations = [:]
        self.keyframe = nil
        self.picture = nil
        self.sound = nil
        self.heads = [:]
        self.began = nil
        self.drift.forget()
        self.pace.forget()
        self.interleave.forget()
        self.reordering.forget()
    }

    private func read(_ checks: ChecksSpec, at now: Int64) {
        guard var cursor = self.cursor else { return }
        reading: while true {
            switch cursor.next() {
            case .entry(let entry): self.take(entry.event, checks, at: now)
            case .overrun:
                guard let join = self.stream.record.newestJoin, join > cursor.sequence else { break reading }
                cursor = self.stream.record.cursor(at: join)
            case .end: break reading
            }
        }
        self.cursor = cursor
    }

    private func take(_ event: MediaEvent, _ checks: ChecksSpec, at now: Int64) {
        switch event {
        case .configuration(let track, let configuration):
            self.configurations[track] = configuration
        case .packet(let packet):
            guard let configuration = self.configurations[packet.track], self.isDefault(packet.track) else { return }
            let step = self.heads[packet.track.kind].map { packet.dts.microseconds &- $0.time } ?? 0
            self.grains.now = max(self.grains.now, step)
            self.heads[packet.track.kind] = (packet.dts.microseconds, now)
            switch packet.track.kind {
            case .video:
                self.reordering.note(offset: packet.pts.microseconds &- packet.dts.microseconds, at: now)
                if packet.flags.contains(.keyframe) {
                    self.keyframe = self.isWatched ? (packet.payload, configuration) : nil
                }
                guard checks.picture, packet.flags.contains(.keyframe) else { return self.settle(checks) }
                if self.picture?.isOf(packet.track, configuration) != true {
                    self.picture = PictureWatch(packet.track, configuration, pixels: self.pixels)
                }
                self.picture?.keep(packet.payload)
            case .audio:
                guard checks.sound else { return self.settle(checks) }
                let isSame = self.sound?.isOf(packet.track, configuration) ?? false
                if !isSame { self.sound = SoundWatch(packet.track, configuration) }
                self.sound?.keep(packet)
            }
        }
    }

    /// Decodes the newest keyframe for who looks at it. One that cannot be decoded is counted where it is checked.
    private func makeView(at now: Int64) {
        guard self.isWatched else { return self.view = nil }
        guard let (payload, configuration) = self.keyframe,
            now - (self.lastView ?? now - Self.viewInterval) >= Self.viewInterval
        else { return }
        self.keyframe = nil
        self.lastView = now
        let still = try? StillDecoder.still(of: payload, configuration, pixels: self.pixels) {
            let size = StillView.size(of: $0, by: $1)
            return (size.width, size.height)
        }
        guard let still = still ?? nil else { return }
        let size = StillView.size(of: still.width, by: still.height)
        self.view = StillView(
            at: Instant(microseconds: now),
            width: size.width,
            height: size.height,
            luma: still.luma,
            blue: still.blue,
            red: still.red
        )
    }

    /// What is not looked into any more is not told of.
    private func settle(_ checks: ChecksSpec) {
        if !checks.picture { self.picture = nil }
        if !checks.sound { self.sound = nil }
    }

    private func isDefault(_ track: TrackID) -> Bool {
        !self.configurations.keys.contains { $0.kind == track.kind && $0.index < track.index }
    }

    /// What an encoder sends ordered by time shows only against the samples, and what it does not only against the picture.
    private var worseDrift: Double? {
        let gain = self.heads[.video] == nil ? nil : self.sound?.gain
        // How unevenly packets come is no drift, and may look like a small one.
        let lead = self.drift.drift.map { abs($0) < Self.leastLead ? 0 : $0 }
        return [lead, gain].compactMap(\.self).max { abs($0) < abs($1) }
    }

    private func noteDrift(at now: Int64) {
        guard let video = self.heads[.video], let audio = self.heads[.audio], now - video.at < Self.stall,
            now - audio.at < Self.stall
        else {
            self.interleave.forget()
            return self.drift.forget()
        }
        let (lead, grain) = (audio.time &- video.time, max(self.grains.now, self.grains.before))
        self.drift.note(lead: lead, grain: grain, at: now)
        self.interleave.note(lead: lead, grain: grain, at: now)
        self.grains = (0, self.grains.now)
    }
}
