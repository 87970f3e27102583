import Contract
import Media
import Synchronization
import Tape

/// Who wants memory that is not there.
package enum TapeDemand: Sendable {
    /// A publisher with the right key, or a stream on air.
    case publisher
    /// A viewer of a stream that is on air.
    case viewer

    /// How long what gives way must not have been wanted, µs: players ask for playlists every few seconds.
    func idle(of part: SpareTapes.Part) -> Int64 {
        switch (self, part) {
        case (.publisher, .format), (.viewer, .format): 12_000_000
        case (.publisher, .stream): 0
        case (.viewer, .stream): 60_000_000
        }
    }
}

/// Tapes that a stream could do without.
package struct SpareTapes: Sendable {
    enum Part: Sendable {
        /// A format that nobody watches.
        case format(WireFormat)
        /// All of a stream whose source is gone.
        case stream
    }

    let part: Part
    /// µs, monotonic: when it was last of use to anybody.
    let since: Int64
    let bytes: Int
}

/// Memory: tapes have some from the first publisher on, and give it back when they are of no use.
extension Stream {
    /// Takes the memory that the stream's own tape begins with.
    func startTape(now: Now) throws(PublishDenial) {
        if self.state.withLock({ $0.packets.start() }) { return }
        self.makeRoom(LimitsSpec.tapeStartCost, .publisher, now)
        guard self.state.withLock({ $0.packets.start() }) else {
            let memory = ByteText.setting(self.spec.value.limits.memory)
            throw PublishDenial(
                .noMemory,
                "The relay's live streams fill its memory: raise limits.memory (\(memory)), or lower window."
            )
        }
    }

    /// Opens the formats that playlists were asked for of before anybody published.
    func openAwaited(in state: inout State, now: Now) {
        for format in state.waiters.formats where state.outputs[format] == nil {
            // Where there is no memory for it, those who wait are told when they have waited long enough.
            try? self.ensure(format, in: &state, now: now)
        }
    }

    /// What the stream could do without, for want of memory elsewhere.
    func spareTapes(_ demand: TapeDemand, now: Now) -> [SpareTapes] {
        self.state.withLock { $0.spare(demand, now: now) }
    }

    /// Gives tapes up if they are still not wanted.
    ///
    /// - Returns: how many bytes that were.
    func giveUp(_ spare: SpareTapes, _ demand: TapeDemand, now: Now) -> Int {
        self.state.withLock { state in
            switch spare.part {
            case .format(let format):
                guard let output = state.outputs[format], state.isUnwanted(output, demand, now: now) else { return 0 }
                state.close(format)
                return output.tape.kept
            case .stream:
                guard state.desk.onAir == nil else { return 0 }
                return state.rest()
            }
        }
    }
}

extension Stream.State {
    fileprivate func spare(_ demand: TapeDemand, now: Now) -> [SpareTapes] {
        if self.desk.onAir == nil {
            let since = self.loss?.at.microseconds ?? self.lastUsed
            let bytes = self.keptBytes
            let isSpare = bytes > 0 && now.monotonic - since >= demand.idle(of: .stream)
            return isSpare ? [SpareTapes(part: .stream, since: since, bytes: bytes)] : []
        }
        return self.outputs.compactMap { format, output in
            guard output.tape.kept > 0, self.isUnwanted(output, demand, now: now) else { return nil }
            return SpareTapes(part: .format(format), since: output.lastWanted, bytes: output.tape.kept)
        }
    }

    fileprivate func isUnwanted(_ output: Output, _ demand: TapeDemand, now: Now) -> Bool {
        output.leases == 0 && now.monotonic - output.lastWanted >= demand.idle(of: .format(.rtmp))
    }

    private var keptBytes: Int { self.outputs.values.reduce(self.packets.kept) { $0 + $1.tape.kept } }

    /// Gives all memory back until a source sends again. Viewers stay.
    @discardableResult
    mutating func rest() -> Int {
        let bytes = self.keptBytes
        self.packets.empty()
        for format in Array(self.outputs.keys) { self.outputs[format]?.empty() }
        return bytes
    }

    /// Stops muxing what nobody has wanted for a while, and lets a stream rest that has had no source for long.
    mutating func dropUnwanted(now: Now) {
        for (format, output) in self.outputs {
            if output.leases > 0 {
                self.outputs[format]?.lastWanted = now.monotonic
            } else if now.monotonic - output.lastWanted > Stream.formatLinger {
                self.close(format)
            }
        }
        guard self.desk.onAir == nil, self.packets.kept > 0 else { return }
        let since = self.loss?.at.microseconds ?? self.lastUsed
        if now.monotonic - since > Stream.restAfter { self.rest() }
    }

    /// Lets the tapes follow the stream: longer segments want more, a lower bitrate less.
    ///
    /// - Returns: what is kept too little of, if it is time to say so.
    mutating func settle(_ spec: RelaySpec, now: Now) -> MediaOmission? {
        guard self.packets.kept > 0 else { return nil }
        let segment = self.segmentLength(spec, now: now)
        self.packets.hold(TapePlan.packets(segment: segment))
        self.packets.settle()
        var shortage: MediaOmission?
        for (format, output) in self.outputs {
            let length = max(segment, output.target.segments.longest)
            output.tape.hold(self.span(of: output, segment: length, spec, now: now))
            output.tape.settle()
            guard self.desk.onAir != nil, let shortfall = output.tape.shortfall else { continue }
            let omission = MediaOmission.short(format, shortfall, spec.limits)
            self.omissions.note(omission, in: format, now: now)
            shortage = omission
        }
        guard let shortage, self.shortageLog.allows(now.monotonic) else { return nil }
        return shortage
    }

    /// µs of media that a format's tape is to hold: playlists want more than viewers who stay connected.
    func span(of output: Output, segment: Int64, _ spec: RelaySpec, now: Now) -> Int64 {
        guard let listed = output.lastListed, now.monotonic - listed < Stream.formatLinger else { return TapePlan.live }
        return max(TapePlan.segments(window: spec.window.microseconds, segment: segment), TapePlan.live)
    }

    /// How long segments are to be expected, µs: they end at keyframes.
    func segmentLength(_ spec: RelaySpec, now: Now) -> Int64 {
        let target = spec.hls.segment.microseconds
        guard let primary = self.ingest.primary, primary.kind == .video,
            let interval = self.ingest.meters[primary]?.snapshot(now: now.monotonic).keyframeInterval
        else { return target }
        // A segment takes whole groups of pictures until it has the length that is wanted.
        return max(target, interval)
    }
}
