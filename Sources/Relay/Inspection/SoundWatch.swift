package import Contract
import Libav
package import Media
import NIOCore

/// Listens to the sound of one source: to 400 ms of each second, and to all of it while nothing is heard, so that sound that is
/// short and comes at even times is not taken for silence.
package struct SoundWatch {
    /// Between two stretches, µs, and how long one is.
    private static let interval: Int64 = 1_000_000
    private static let stretch: Int64 = 400_000
    /// The longest that is listened to at once, µs: on a busy machine so much may come between two looks.
    private static let whole: Int64 = 10_000_000
    /// Decoders and filters need so long before what they give is right, µs.
    private static let settling: Int64 = 90_000
    /// The most packets that are kept for a stretch, and bytes of them.
    private static let packetLimit = 512
    private static let byteLimit = 1 << 20

    /// What was not listened to may be so long, µs, for silence before and after it to be one: this thread gives way to all others, and
    /// where it seldom runs it would hear the pauses of a speaker alone.
    private static let unheard: Int64 = 1_000_000

    /// Channels whose levels are told.
    private static let mostChannels = 8

    /// What is lower than this for long is worth saying, dB of full scale.
    private static let lowPeak = -60.0
    /// So much of it at full scale is more than loud music has.
    private static let clippedShare = 0.02

    let track: TrackID
    private let configuration: CodecConfiguration
    private var decoder: SoundDecoder?
    private var kept: [Packet] = []
    private var keptBytes = 0
    private var lastLook: Int64?
    /// The time of the last packet that was listened to.
    private var heardTo: MediaTime?
    private var loudness = LoudnessMeter()
    private var pace = SamplePace()
    /// Of one packet, µs.
    private var length: Double?
    package private(set) var inspection: SoundInspection?
    package private(set) var failures: UInt64 = 0

    package init(_ track: TrackID, _ configuration: CodecConfiguration) {
        self.track = track
        self.configuration = configuration
    }

    func isOf(_ track: TrackID, _ configuration: CodecConfiguration) -> Bool {
        self.track == track && self.configuration == configuration
    }

    /// Keeps a packet for the next look.
    package mutating func keep(_ packet: Packet) {
        self.pace.note(packet.dts.microseconds, length: self.length)
        self.kept.append(packet)
        self.keptBytes += packet.payload.readableBytes
        let wanted = self.isSuspicious ? Self.whole : Self.stretch + Self.settling
        while let first = self.kept.first,
            (packet.dts - first.dts).microseconds > wanted || self.kept.count > Self.packetLimit
                || self.keptBytes > Self.byteLimit
        {
            self.keptBytes -= first.payload.readableBytes
            self.kept.removeFirst()
        }
    }

    /// Seconds that the timestamps gain on the samples in each second.
    var gain: Double? { self.length.flatMap(self.pace.gain) }

    /// Whether there was nothing to be heard, in a channel or in all.
    private var isSuspicious: Bool {
        self.inspection?.zeroSince != nil || self.inspection?.lowSince != nil || self.inspection?.missingSince != nil
    }

    /// Decodes what was kept, if it is time.
    package mutating func look(at now: Int64) {
        guard let first = self.kept.first, let last = self.kept.last,
            now - (self.lastLook ?? now - Self.interval) >= Self.interval * 9 / 10,
            (last.dts - first.dts).microseconds >= Self.stretch / 2
        else { return }
        self.lastLook = now
        let isUnbroken = self.heardTo.map { (first.dts - $0).microseconds <= Self.unheard } ?? true
        self.heardTo = last.dts
        defer {
            self.kept.removeAll(keepingCapacity: true)
            self.keptBytes = 0
        }
        guard let sound = self.decode(), sound.rate > 0, sound.count > 0 else { return }
        let settling = Int(Self.settling) * sound.rate / 1_000_000
        guard sound.count > settling else { return }
        self.note(SoundFigures(sound, settling: settling), isUnbroken: isUnbroken, at: now)
    }

    private mutating func decode() -> SoundSamples? {
        if self.decoder == nil {
            do throws(LibavError) {
                self.decoder = try SoundDecoder.make(self.track, self.configuration)
            } catch {
                self.failures += 1
                return nil
            }
        }
        self.decoder?.forget()
        var sound = SoundSamples()
        for packet in self.kept {
            do throws(LibavError) {
                let count = try self.decoder?.decode(packet.payload, into: &sound) ?? 0
                if count > 0, sound.rate > 0 { self.length = Double(count) * 1_000_000 / Double(sound.rate) }
            } catch {
                self.failures += 1
            }
        }
        return sound
    }

    private mutating func note(_ figures: SoundFigures, isUnbroken: Bool, at now: Int64) {
        self.loudness.add(figures.power)
        let now = Instant(microseconds: now)
        let before = self.inspection
        func since(_ holds: Bool, _ then: Instant?) -> Instant? { holds ? then ?? now : nil }
        var found = SoundInspection(at: now, peak: figures.peak, rms: figures.rms, clipped: figures.clipped)
        found.channels = figures.channels.prefix(Self.mostChannels).map { SoundLevel(peak: $0.peak, rms: $0.rms) }
        found.momentary = self.loudness.momentary
        found.shortTerm = self.loudness.recentLoudness
        found.integrated = self.loudness.integrated
        found.zeroSince = since(figures.isZero, isUnbroken ? before?.zeroSince : nil)
        found.lowSince = since(figures.peak < Self.lowPeak, before?.lowSince)
        found.clippedSince = since(figures.clipped >= Self.clippedShare, before?.clippedSince)
        found.missingChannel = figures.missingChannel
        let isSame = figures.missingChannel == before?.missingChannel
        found.missingSince = since(figures.missingChannel != nil, isSame && isUnbroken ? before?.missingSince : nil)
        self.inspection = found
    }
}
