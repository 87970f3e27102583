import Contract
import Logging
package import Media
package import NIOCore
import Synchronization
import Tape
import Wire

/// What viewers ask of a stream.
extension Stream {
    /// Opens a wire format for one viewer: muxing starts if nobody else watches it yet.
    package func open(_ format: WireFormat, now: Now) throws -> WireLease {
        let tape = try self.state.withLock { state in
            try state.admit(format, of: self.path)
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.leases += 1
            state.lastUsed = now.monotonic
            return state.outputs[format]?.tape
        }
        guard let tape else { throw TapeBudgetExhausted() }
        return WireLease(tape: tape) { [weak self] in self?.close(format) }
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
        try self.state.withLock { state in
            try state.admit(format, of: self.path)
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.lastWanted = now.monotonic
            state.lastUsed = now.monotonic
            return state.outputs[format]?.target.segments ?? SegmentList(window: 0)
        }
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

    /// The bytes of a segment, nil where it is not on tape. Whoever asks for the same one gets the same bytes.
    package func segment(_ number: UInt64, of format: WireFormat, now: Now) throws -> ByteBuffer? {
        try self.state.withLock { state in
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.lastWanted = now.monotonic
            return state.outputs[format]?.segment(number)
        }
    }

    /// Calls `onReady` once, from any thread, as soon as a format has `count` segments; at once if it has them.
    package func whenSegments(
        _ count: Int,
        of format: WireFormat,
        now: Now,
        onReady: @escaping @Sendable () -> Void
    ) throws {
        let isReady = try self.state.withLock { state in
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.lastWanted = now.monotonic
            if state.segmentCount(of: format) >= count { return true }
            guard state.waiters.count < SegmentWaiter.limit else { return true }
            state.waiters.append(SegmentWaiter(format: format, count: count, onReady: onReady))
            return false
        }
        if isReady { onReady() }
    }

    private func ensure(_ format: WireFormat, in state: inout State, now: Now) throws {
        guard state.outputs[format] == nil else { return }
        if case .rtpTracks = format {
            let choices = state.outputs.keys.count { if case .rtpTracks = $0 { true } else { false } }
            guard choices < TooManyTrackChoices.limit else { throw TooManyTrackChoices() }
        }
        let spec = self.spec.value
        let capacity = spec.limits.tape
        guard let reservation = self.budget.reserve(capacity) else { throw TapeBudgetExhausted() }
        let tape = try WireTape(
            name: "\(format.rawValue) \(self.path)",
            capacity: capacity,
            records: Self.tapeRecords
        )
        let target = MuxTarget(
            tape: tape,
            segments: SegmentList(window: spec.window.microseconds),
            reservation: reservation
        )
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
