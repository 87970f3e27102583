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
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.leases += 1
            state.lastUsed = now.monotonic
            return state.outputs[format]?.tape
        }
        guard let tape else { throw TapeBudgetExhausted() }
        return WireLease(tape: tape) { [weak self] in self?.close(format) }
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
            try self.ensure(format, in: &state, now: now)
            state.outputs[format]?.lastWanted = now.monotonic
            state.lastUsed = now.monotonic
            return state.outputs[format]?.target.segments ?? SegmentList(window: 0)
        }
    }

    /// How the tracks that a format carries are coded now, video first.
    package func tracks(in format: WireFormat) -> [CodecConfiguration] {
        self.state.withLock { state in
            state.ingest.configurations.sorted { $0.key < $1.key }.map(\.value).filter { format.carries($0.codec) }
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
        case .rtmp:
            (mux, start) = (
                TagMux(framing: .rtmp(RTMPChunkEncoder(chunkSize: RTMPSessionConfiguration().chunkSize))),
                state.packets.newestJoin
            )
        case .flv: (mux, start) = (TagMux(framing: .flv), state.packets.newestJoin)
        // Playlists are offered with what is already on tape, so these begin as far back as it reaches.
        case .ts: (mux, start) = (TSMux(), state.packets.oldestJoin)
        case .mp4: (mux, start) = (MP4Mux(partTarget: Self.partTarget), state.packets.oldestJoin)
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
