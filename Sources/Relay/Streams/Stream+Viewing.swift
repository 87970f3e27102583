import Contract
import Logging
package import Media
import Synchronization
import Tape
import Wire

/// What viewers ask of a stream.
extension Stream {
    /// Opens a wire format for one viewer: muxing starts if nobody else watches it yet. Of a stream that nobody publishes
    /// yet it costs no memory, and begins when that does.
    package func open(_ format: WireFormat, now: Now) throws -> WireLease {
        try self.ensure(format, now: now)
        let tape = self.state.withLock { state -> WireTape? in
            state.outputs[format]?.leases += 1
            state.lastUsed = now.monotonic
            return state.outputs[format]?.tape
        }
        guard let tape else { throw self.noMemory(format) }
        return WireLease(tape: tape) { [weak self] in self?.close(format) }
    }

    /// Has the format muxed; if there is no memory for it, other formats that nobody watches give way.
    private func ensure(_ format: WireFormat, now: Now) throws {
        do {
            try self.state.withLock { state in
                try state.admit(format, of: self.path)
                try self.ensure(format, in: &state, now: now)
            }
        } catch let denial as PlayDenial where denial.reason == .noMemory {
            self.makeRoom(LimitsSpec.tapeStartCost, .viewer, now)
            let limits = self.spec.value.limits
            try self.state.withLock { state in
                do {
                    try self.ensure(format, in: &state, now: now)
                } catch {
                    state.omissions.note(.unopened(format, limits), in: format, now: now)
                    throw error
                }
            }
        }
    }

    private func noMemory(_ format: WireFormat) -> PlayDenial {
        PlayDenial(.noMemory, MediaOmission.unopened(format, self.spec.value.limits).sentence)
    }

    /// Why the stream as it is now cannot be played in the format; nil where it can, or may when its tracks are known.
    package func playDenial(of format: WireFormat) -> PlayDenial? {
        self.state.withLock { state in
            do throws(PlayDenial) {
                try state.admit(format, of: self.path)
                return nil
            } catch {
                return error
            }
        }
    }

    private func close(_ format: WireFormat) {
        self.state.withLock { state in
            guard state.outputs[format] != nil else { return }
            state.outputs[format]?.leases -= 1
        }
    }

    /// The segments of a format that are on tape now; asking keeps the format muxed for a while.
    package func segments(of format: WireFormat, now: Now) throws -> SegmentList {
        let isVacant = self.state.withLock { state in
            state.lastUsed = now.monotonic
            return state.packets.kept == 0 && state.outputs[format] == nil
        }
        // What nobody publishes has none, and costs nothing.
        guard !isVacant else { return SegmentList(window: 0) }
        try self.ensure(format, now: now)
        return self.state.withLock { state in
            self.noteListed(format, in: &state, now: now)
            return state.outputs[format]?.target.segments ?? SegmentList(window: 0)
        }
    }

    /// A playlist was asked for: the tape is to hold the window from now on.
    private func noteListed(_ format: WireFormat, in state: inout State, now: Now) {
        let isFirst = state.outputs[format]?.lastListed == nil
        state.outputs[format]?.lastWanted = now.monotonic
        state.outputs[format]?.lastListed = now.monotonic
        guard isFirst, let output = state.outputs[format] else { return }
        let spec = self.spec.value
        output.tape.hold(state.span(of: output, segment: state.segmentLength(spec, now: now), spec, now: now))
    }

    /// How the tracks that a format carries are coded now, video first.
    package func tracks(in format: WireFormat) -> [CodecConfiguration] {
        self.state.withLock { Carriage(of: $0.ingest.tracks, in: format).sorted.map(\.configuration) }
    }

    /// The sounds that have segments of fragmented MP4 of their own, beside the one in the main segments.
    package var soundRenditions: [(format: WireFormat, configuration: CodecConfiguration)] {
        self.state.withLock { Carriage.renditions(of: $0.ingest.tracks) }
            .map { (format: .mp4Sound($0.id.index), configuration: $0.configuration) }
    }

    /// `EXT-X-TARGETDURATION` of the stream's playlists: the same for as long as anybody may hold one.
    package func targetDuration(now: Now) -> Int {
        self.state.withLock { state in
            state.lastPlaylist = now.monotonic
            return state.ingest.promiseTargetDuration()
        }
    }

    /// A copy of a segment, nil where it is not on tape. Whoever asks for the same one gets the same copy.
    package func segment(_ number: UInt64, of format: WireFormat, now: Now) throws -> SegmentCopy? {
        let found = self.state.withLock { state -> (copy: SegmentCopy?, tape: WireTape?, range: Range<UInt64>?) in
            state.outputs[format]?.lastWanted = now.monotonic
            state.outputs[format]?.lastListed = now.monotonic
            let output = state.outputs[format]
            return (output?.copies[number], output?.tape, output?.range(of: number))
        }
        if let copy = found.copy { return copy }
        // Copied without the lock that publishers want: a segment may be tens of megabytes.
        guard let tape = found.tape, let range = found.range else { return nil }
        let account = self.budget.account()
        let size = Int(clamping: range.upperBound - range.lowerBound)
        if !account.resize(to: size, for: .span) {
            self.state.withLock { state in
                for format in Array(state.outputs.keys) { state.outputs[format]?.copies.forget() }
            }
            guard account.resize(to: size, for: .span) else { throw self.noMemory(format) }
        }
        guard let bytes = tape.copy(range) else { return nil }
        let copy = SegmentCopy(number: number, bytes: bytes, account: account)
        return self.state.withLock { $0.outputs[format]?.copies.keep(copy) } ?? copy
    }

    /// Calls `onReady` once, from any thread, as soon as a format has `count` segments; at once if it has them.
    ///
    /// - Returns: for ``forgetSegmentWaiter(_:)`` when the answer is not wanted any more; nil when it was given.
    package func whenSegments(
        _ count: Int,
        of format: WireFormat,
        now: Now,
        onReady: @escaping @Sendable () -> Void
    ) -> UInt64? {
        let number = self.state.withLock { state -> UInt64? in
            state.outputs[format]?.lastWanted = now.monotonic
            // The stream may have begun since its playlist was asked for.
            if state.packets.kept > 0 { try? self.ensure(format, in: &state, now: now) }
            guard state.segmentCount(of: format) < count else { return nil }
            return state.waiters.add(format, count: count, onReady: onReady)
        }
        if number == nil { onReady() }
        return number
    }

    package func forgetSegmentWaiter(_ number: UInt64) {
        self.state.withLock { $0.waiters.remove(number) }
    }

    func ensure(_ format: WireFormat, in state: inout State, now: Now) throws {
        guard state.outputs[format] == nil else { return }
        if case .rtpTracks = format {
            let choices = state.outputs.keys.count { if case .rtpTracks = $0 { true } else { false } }
            guard choices < TooManyTrackChoices.limit else { throw TooManyTrackChoices() }
        }
        let spec = self.spec.value
        let tape = try WireTape(
            name: "\(format.rawValue) \(self.path)",
            retention: .wire(spec.limits, self.budget),
            span: TapePlan.live,
            records: TapePlan.records(format, window: spec.window.microseconds)
        )
        // Where nothing is on air there is nothing to keep.
        guard state.packets.kept == 0 || tape.start() else { throw self.noMemory(format) }
        let target = MuxTarget(tape: tape, segments: SegmentList(window: spec.window.microseconds))
        let mux: any WireMux
        let start: UInt64?
        switch format {
        case .rtmp, .rtmpEnhanced, .rtmpMultitrack:
            let chunks = RTMPChunkEncoder(chunkSize: RTMPSessionConfiguration().chunkSize)
            (mux, start) = (TagMux(format, framing: .rtmp(chunks)), state.packets.newestJoin)
        case .flv: (mux, start) = (TagMux(format, framing: .flv), state.packets.newestJoin)
        // Playlists are offered with what is already on tape, so these begin as far back as it reaches.
        case .ts: (mux, start) = (TSMux(), state.packets.oldestJoin)
        case .mp4, .mp4Sound: (mux, start) = (MP4Mux(format, partTarget: Self.partTarget), state.packets.oldestJoin)
        case .rtp:
            mux = RTPMux(path: "\(self.path)", only: nil, wallOffset: state.ingest.wallOffset(now: now))
            start = state.packets.newestJoin
        case .rtpTracks(let numbers):
            mux = RTPMux(path: "\(self.path)", only: numbers, wallOffset: state.ingest.wallOffset(now: now))
            start = state.packets.newestJoin
        }
        var output = Output(
            cursor: state.packets.cursor(at: start ?? state.packets.nextSequence),
            mux: mux,
            target: target,
            now: now.monotonic
        )
        if let failure = output.catchUp(with: state.packets) {
            self.log.warning("media left out", metadata: ["format": "\(format.rawValue)", "error": "\(failure)"])
        }
        state.outputs[format] = output
        state.noteOmissions(now: now)
    }
}

/// Players of a stream chose too many different sets of its tracks: each set has a tape of its own.
package struct TooManyTrackChoices: Error, Hashable, Sendable, CustomStringConvertible {
    /// Sets of tracks that are sent at once, besides all.
    static let limit = 4

    package var description: String {
        "Players have chosen \(Self.limit) different sets of this stream's tracks already; set up all of them, or one alone."
    }
}
