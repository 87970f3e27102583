/// A snapshot comes from a process that parses hostile bytes: before anything is reckoned with it, it must be possible.
extension RelaySnapshot {
    package enum Bounds {
        /// How far a time may lie before or after ours, which is far less than their numbers can hold.
        package static let age = Duration.seconds(100 * 365 * 86_400)
        package static let future = Duration.seconds(5)

        package static let streams = LimitsSpec.streamsBounds.upperBound
        package static let destinations = Self.streams * StreamSpec.pushLimit
        package static let tracks = 64
        package static let loops = 4096
        package static let listeners = 16
        package static let refusedSources = 256

        /// Of any counter: beyond, sums could go over.
        package static let counter = UInt64(1) << 60
        package static let people = 1 << 32
        package static let rate = 1e15
        /// dB and LUFS.
        package static let levels = -200.0...200.0
        /// Seconds in each second.
        package static let drift = -1000.0...1000.0
        package static let pace = 0.0...1000.0
        /// Of H.264, and of H.265, which has more below where samples have more bits.
        package static let quantiser = -36.0...51.0

        /// Bytes of any text.
        package static let text = 1024
    }

    /// Finds what of it cannot be true.
    ///
    /// - Parameters:
    ///   - relay: The relay that sent it.
    ///   - now: The receiver's clock, which is the sender's too.
    /// - Returns: A sentence; nil where everything can be true.
    package func implausibility(of relay: RelayName, at now: Instant) -> String? {
        guard self.relay == relay else { return "The snapshot is of another relay, '\(self.relay)'." }
        guard self.streams.count <= Bounds.streams else { return "The snapshot has \(self.streams.count) streams." }
        guard self.loops.count <= Bounds.loops, self.listeners.count <= Bounds.listeners else {
            return "The snapshot has more loops or listeners than a process could."
        }
        let check = PlausibilityCheck(now: now)
        guard check.times([self.clock.now, self.startedAt, self.admission.crowded] + self.loops.map(\.lastTick)),
            check.date(self.clock.unix)
        else { return "The snapshot's clock is not this machine's." }
        let counters =
            self.publishRefusals.values + self.playRefusals.values + [self.refusedConnections]
            + self.admission.closed.values.flatMap(\.values)
        guard check.counts(counters), check.people([self.connections] + self.admission.undecided.values) else {
            return "The snapshot's counters are larger than anything could count."
        }
        guard check.texts(self.loops.map(\.name) + self.listeners.map(\.name)), check.usage(self.usage) else {
            return "The snapshot's process cannot be as it says."
        }
        guard self.refusedSources.count <= Bounds.refusedSources, check.times(self.refusedSources.values.map(\.at)),
            check.texts(self.refusedSources.values.map(\.address))
        else { return "The snapshot's refused publishers cannot be as it says." }
        guard self.destinations.count <= Bounds.destinations, check.times(self.destinations.map(\.sendingSince)),
            check.texts(self.destinations.map(\.address)),
            check.counts(self.destinations.flatMap { [$0.failures, $0.bytes] })
        else { return "The snapshot's destinations cannot be as it says." }
        var seen: Set<StreamName> = []
        for stream in self.streams {
            guard stream.path.relay == relay, seen.insert(stream.path.stream).inserted else {
                return "The snapshot has the stream \(stream.path) where it does not belong."
            }
            guard check.stream(stream) else {
                return "What the snapshot says of the stream \(stream.path) is not possible."
            }
        }
        return nil
    }
}

private struct PlausibilityCheck {
    typealias Bounds = RelaySnapshot.Bounds

    let now: Instant

    func times(_ instants: [Instant?]) -> Bool {
        let earliest = self.now + (.zero - Bounds.age)
        let latest = self.now + Bounds.future
        return instants.allSatisfy { $0.map { (earliest...latest).contains($0) } ?? true }
    }

    /// 1970 to 2200.
    func date(_ unix: Int64) -> Bool { (0...7_258_118_400_000_000).contains(unix) }

    func counts(_ counters: [UInt64]) -> Bool { counters.allSatisfy { $0 <= Bounds.counter } }

    func people(_ numbers: [Int]) -> Bool { numbers.allSatisfy { (0...Bounds.people).contains($0) } }

    func rates(_ rates: [Double]) -> Bool {
        rates.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= Bounds.rate }
    }

    func texts(_ texts: [String?]) -> Bool { texts.allSatisfy { ($0?.utf8.count ?? 0) <= Bounds.text } }

    func usage(_ usage: UsageSnapshot?) -> Bool {
        guard let usage else { return true }
        return (.zero...Bounds.age).contains(usage.cpu) && usage.residentMemory >= 0 && usage.openDescriptors >= 0
    }

    func histogram(_ histogram: DurationHistogram<some DurationSteps>) -> Bool {
        self.counts(histogram.counts) && (.zero...Bounds.age).contains(histogram.sum)
    }

    func stream(_ stream: StreamSnapshot) -> Bool {
        let source = [stream.source, stream.loss?.source].compactMap(\.self)
        let counters = stream.counters
        let outputs = stream.outputs.values
        return self.times([stream.createdAt, stream.loss?.at, stream.refusal?.at])
            && self.times(source.flatMap { [$0.connectedAt, $0.lastHeard, $0.pictureArriving, $0.soundArriving] })
            && self.texts(source.flatMap { [$0.address, $0.encoder] } + [stream.refusal?.address])
            && self.counts([
                counters.bytesIn, counters.packetsIn, counters.packetsDropped, counters.discontinuities,
                counters.reconnects, counters.takeovers, counters.timestampRegressions, counters.trackSteps,
                counters.linkPackets,
                counters.linkLost, counters.linkHeld,
            ])
            && source.compactMap(\.link).allSatisfy(self.link)
            && self.people(outputs.map(\.viewers))
            && self.counts(outputs.flatMap { [$0.joins, $0.bytes, $0.skips, $0.stalls] })
            && outputs.map(\.firstPictures).allSatisfy(self.histogram) && self.histogram(stream.delays)
            && stream.tracks.count <= Bounds.tracks && stream.tracks.allSatisfy(self.track)
            && self.formats(stream.formats) && self.omissions(stream.omissions)
            && (stream.inspection.map(self.inspection) ?? true)
    }

    private func link(_ link: LinkSnapshot) -> Bool {
        link.tracks.count <= LinkSnapshot.tracksLimit
            && self.counts([link.foreign, link.malformed, link.retransmitted ?? 0])
            && self.counts(link.tracks.flatMap { [$0.packets, $0.lost, $0.reordered, $0.duplicates, $0.held] })
            && self.people(link.tracks.map(\.index))
            && (link.tracks.map(\.jitter) + [link.roundTrip ?? .zero, link.latency ?? .zero]).allSatisfy {
                (.zero...Bounds.age).contains($0)
            }
    }

    private func formats(_ formats: [FormatSnapshot]) -> Bool {
        let (absences, playlists) = (formats.compactMap(\.absence), formats.compactMap(\.playlist))
        let shortages = formats.compactMap(\.shortage)
        return formats.count <= FormatSnapshot.limit && self.texts(formats.flatMap { [$0.format, $0.noun] })
            && self.times(
                absences.flatMap { [$0.first, $0.last] } + playlists.flatMap { [$0.askedAt, $0.first, $0.last] }
            )
            && (playlists.map(\.target) + shortages.flatMap { [$0.kept, $0.wanted] }).allSatisfy {
                (.zero...Bounds.age).contains($0)
            }
            && (absences.map(\.memory) + shortages.map(\.limit)).allSatisfy { $0 >= 0 }
    }

    private func omissions(_ omissions: [OmissionSnapshot]) -> Bool {
        omissions.count <= OmissionSnapshot.limit
            && self.texts(omissions.flatMap { [$0.format, $0.part, $0.codec, $0.reason, $0.sentence] })
            && self.times(omissions.flatMap { [$0.first, $0.last] })
            && self.counts(omissions.map(\.count))
    }

    private func inspection(_ inspection: InspectionSnapshot) -> Bool {
        let (picture, sound) = (inspection.picture, inspection.sound)
        return self.times([inspection.at, picture?.at, picture?.standsSince])
            && self.times([sound?.at, sound?.zeroSince, sound?.lowSince, sound?.missingSince, sound?.clippedSince])
            && self.counts([inspection.failures, picture?.decoded ?? 0])
            && (.zero...Bounds.age).contains(inspection.cost)
            && [picture?.meanLuma, picture?.spread, picture?.change, picture?.text?.contrast].allSatisfy {
                (0...255).contains($0 ?? 0)
            }
            && self.people([picture?.text?.lines ?? 0]) && self.rates([picture?.text?.height ?? 0])
            && Bounds.quantiser.contains(picture?.text?.quantiser ?? 0)
            && [sound?.peak, sound?.rms, sound?.momentary, sound?.shortTerm, sound?.integrated].allSatisfy {
                Bounds.levels.contains($0 ?? 0)
            }
            && (0...1).contains(sound?.clipped ?? 0) && (0..<Bounds.tracks).contains(sound?.missingChannel ?? 0)
            && (sound?.channels ?? []).count <= Bounds.tracks
            && (sound?.channels ?? []).allSatisfy {
                Bounds.levels.contains($0.peak) && Bounds.levels.contains($0.rms)
            }
            && [inspection.drift, inspection.interleave, inspection.reordering].allSatisfy {
                Bounds.drift.contains($0 ?? 0)
            }
            && Bounds.pace.contains(inspection.pace ?? 1)
    }

    private func track(_ track: TrackSnapshot) -> Bool {
        self.texts([track.codec, track.codecString])
            && self.people([track.index, track.width, track.height, track.sampleRate, track.channels])
            && self.rates([track.bitrate, track.frameRate])
            && self.times([track.lastPacketAt, track.lastKeyframeAt])
            && (.zero...Bounds.age).contains(track.keyframeInterval ?? .zero)
            && self.counts([track.packets, track.bytes])
    }
}
