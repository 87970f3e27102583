import Capacity
import Contract
import Media
import Tape
import Wire

/// What a program asks of its outputs.
struct OutputRequests: OptionSet {
    let rawValue: UInt64
    /// Records were appended to the packet tape.
    static let read = OutputRequests(rawValue: 1)
    /// Nothing more comes for now: viewers get all there is.
    static let flush = OutputRequests(rawValue: 2)
    /// The stream does not go on: viewers end once they have been sent everything.
    static let finish = OutputRequests(rawValue: 4)
    /// Time has passed: the tape is to hold what is wanted of it now, and to give back the rest.
    static let settle = OutputRequests(rawValue: 8)
}

/// Reads the packet tape for one wire format: a cursor on it, a mux, and what the mux wrote.
struct OutputReader: HandoffState {
    struct Report: Sendable {
        let segments: Int
        let failure: (any Error)?
        /// Less time is on the tape than is meant to be.
        let shortage: MediaOmission?
    }

    private let format: WireFormat
    private let packets: PacketTape
    private let marks: ProgramMarks
    private let usage: OutputUsage
    private let limits: LimitsSpec
    /// µs of media that playlists are to reach back.
    private let window: Int64
    private let mux: any WireMux
    private var cursor: PacketCursor
    private(set) var target: MuxTarget
    private var omissions: OutputOmissions
    /// Whether viewers wait because there is no memory for the tape.
    private var isStarved = false
    /// Whether packets were overwritten that had not been muxed, and no keyframe is known to go on from.
    private var isBehind = false
    /// How often the packet tape was written over what had not been muxed.
    private(set) var overruns = 0
    private var progress = MuxProgress()
    /// The newest segment that was finished.
    private var newestSegment: UInt64?
    private var shortfall: TapeShortfall?

    init(
        of format: WireFormat,
        from packets: PacketTape,
        marks: ProgramMarks,
        usage: OutputUsage,
        spec: RelaySpec,
        mux: any WireMux,
        onto tape: WireTape,
        resumingAt join: UInt64? = nil
    ) {
        self.format = format
        self.packets = packets
        self.marks = marks
        self.usage = usage
        self.limits = spec.limits
        self.window = spec.window.microseconds
        self.mux = mux
        self.target = MuxTarget(
            tape: tape,
            segments: SegmentList(window: self.window),
            replay: join == nil ? nil : WireReplay(tape)
        )
        self.omissions = OutputOmissions(of: format)
        let start = join ?? (format.definition.reachesBack ? packets.oldestJoin : packets.newestJoin)
        self.cursor = packets.cursor(at: start ?? packets.oldestSequence)
    }

    var tape: WireTape { self.target.tape }

    var omissionSnapshots: [OmissionSnapshot] { self.omissions.snapshots(source: self.marks.firstOfSource) }

    mutating func perform(_ requests: OutputRequests) -> Report {
        let failure = self.catchUp()
        if requests.contains(.flush) { self.flush() }
        if requests.contains(.finish) { self.finish() }
        let shortage = requests.contains(.settle) ? self.settle() : nil
        return Report(segments: self.target.segments.segments.count, failure: failure, shortage: shortage)
    }

    /// Muxes all that has come onto the packet tape, then lets the viewers have it in one go.
    ///
    /// - Returns: the last failure, for the log; a failed record is left out and the next one tried.
    mutating func catchUp() -> (any Error)? {
        guard self.start() else {
            self.progress.noteStarved(at: self.marks.lastTime)
            return nil
        }
        let head = self.tape.head
        var hasMedia = false
        var failure: (any Error)?
        reading: while true {
            switch self.cursor.next() {
            case .entry(let entry):
                do {
                    try self.mux.consume(entry, into: &self.target)
                } catch {
                    failure = error
                }
                if case .packet(let packet) = entry.event {
                    self.omissions.noteMuxed(entry.sequence, source: self.marks.firstOfSource)
                    let carried = self.mux.carriage.tracks
                    hasMedia = hasMedia || carried.isEmpty || carried[packet.track] != nil
                }
            case .overrun:
                failure = MuxOverrun()
                guard self.skip() else { break reading }
            case .end:
                break reading
            }
        }
        self.target.segments.trim(tail: self.tape.tail)
        if self.tape.head != head { self.tape.publish() }
        if let error = failure as? TapeError { self.note(.unwritten(self.format, error, self.limits)) }
        self.omissions.settle(self.mux.carriage.omissions, at: self.marks.lastTime)
        self.follow(hasMedia: hasMedia, isWritten: self.tape.head != head, failure)
        return failure
    }

    private mutating func follow(hasMedia: Bool, isWritten: Bool, _ failure: (any Error)?) {
        let newest = self.target.segments.segments.last?.mark.number
        let batch = MuxProgress.Batch(
            hasMedia: hasMedia,
            isWritten: isWritten,
            hasFinishedSegment: newest != self.newestSegment,
            trouble: failure.map(PlaylistSnapshot.Trouble.init)
        )
        self.newestSegment = newest
        self.progress.note(batch, at: self.marks.lastTime)
    }

    /// Writes once more what a mux that is dead has left on the wire tape, and then what it has not.
    ///
    /// - Returns: false where what is muxed is not what is on the tape; then nothing was written.
    mutating func resume() -> Bool {
        guard self.target.replay != nil, let time = self.packets.time(ofJoin: self.cursor.sequence),
            let past = WirePast(self.tape, from: time)
        else { return false }
        self.mux.resume(past)
        // What cannot be written is left out, as it was before.
        _ = self.catchUp()
        guard let replay = self.target.replay else { return true }
        // The source may have been silent for so long that viewers were given what waits for a next packet.
        if !replay.isOver { try? self.mux.flush(into: &self.target) }
        guard self.target.replay?.isOver ?? true else { return false }
        if self.target.replay != nil { self.tape.endResuming() }
        self.target.replay = nil
        self.tape.publish()
        return true
    }

    /// Gives up what is on the tape, and its memory.
    mutating func empty() {
        self.target.segments.forgetAll()
        self.tape.empty()
    }

    /// Has the tape hold what is wanted of it: playlists want more than viewers who stay connected.
    func hold() {
        let isListed = self.usage.isListed(within: Stream.formatLinger, now: self.marks.lastTime)
        let segment = max(self.marks.segmentLength, self.target.segments.longest)
        self.tape.hold(TapePlan.span(hasPlaylists: isListed, window: self.window, segment: segment))
    }

    /// Longer segments want more of the tape, a lower bitrate less.
    ///
    /// - Returns: what is kept too little of.
    private mutating func settle() -> MediaOmission? {
        self.shortfall = nil
        guard self.packets.kept > 0 else { return nil }
        self.hold()
        self.tape.settle()
        guard self.marks.isOnAir, let shortfall = self.tape.shortfall else { return nil }
        self.shortfall = shortfall
        return MediaOmission.short(self.format, shortfall, self.limits)
    }

    private mutating func note(_ omission: MediaOmission) {
        self.omissions.note(omission, source: self.marks.firstOfSource, at: self.marks.lastTime)
    }

    /// Takes memory for the tape, if it has none yet and something is on air to be written on it.
    ///
    /// - Returns: false while there is none.
    private mutating func start() -> Bool {
        guard self.packets.kept > 0 else { return true }
        guard self.tape.start() else {
            self.isStarved = true
            return false
        }
        if self.isStarved {
            self.isStarved = false
            self.cursor = self.packets.cursor(at: self.packets.newestJoin ?? self.packets.oldestSequence)
        }
        return true
    }

    /// Goes on at the newest keyframe, because the packet tape was written over what had not been muxed.
    ///
    /// - Returns: false if there is none yet.
    private mutating func skip() -> Bool {
        if !self.isBehind {
            self.isBehind = true
            self.overruns += 1
            self.note(.overrun(self.format))
            // What was muxed up to here is whole, and what follows does not belong to the same segment.
            self.flush()
            self.target.segments.finish(at: self.tape.head, next: nil)
        }
        guard let join = self.packets.newestJoin else { return false }
        self.isBehind = false
        self.cursor = self.packets.cursor(at: join)
        return true
    }

    /// Lets the viewers have what the mux holds back for a next packet.
    private mutating func flush() {
        // What cannot be written is left out; whatever is the matter, the next packet meets it and tells.
        try? self.mux.flush(into: &self.target)
        self.tape.publish()
        self.progress.noteWritten()
    }

    private mutating func finish() {
        // A farewell that cannot be written is left out: the end of the tape says the same.
        if !self.tape.isFinished { try? self.mux.finish(into: &self.target) }
        self.tape.finish()
    }
}

extension OutputReader {
    /// How long after the last question a format counts as wanted, µs: players ask for playlists every few seconds, and wait for 18 s
    /// where there is too little yet.
    private static let wanted: Int64 = 20_000_000

    /// What keeps viewers from having all of the format.
    ///
    /// - Parameters:
    ///   - target: Of the playlists, in seconds.
    ///   - now: µs, monotonic.
    /// - Returns: nil where nothing does and no playlist is asked for.
    func snapshot(target: Int, now: Int64) -> FormatSnapshot? {
        var snapshot = FormatSnapshot(format: self.format.name, noun: self.format.noun)
        if !self.usage.isUnwanted(for: Self.wanted, now: now) { snapshot.absence = self.absence }
        if let asked = self.usage.lastListed, let wait = self.progress.unfinished {
            snapshot.playlist = PlaylistSnapshot(
                askedAt: Instant(microseconds: asked),
                target: .seconds(target),
                first: Instant(microseconds: wait.first),
                last: Instant(microseconds: wait.last),
                trouble: self.progress.trouble
            )
        }
        snapshot.shortage = self.shortfall.map { shortfall in
            TapeShortage(
                kept: .microseconds(shortfall.kept),
                wanted: .microseconds(shortfall.wanted),
                isMemoryFull: shortfall.isRefused,
                limit: shortfall.isRefused ? self.limits.memory : self.limits.tape
            )
        }
        let isEmpty = snapshot.absence == nil && snapshot.playlist == nil && snapshot.shortage == nil
        return isEmpty ? nil : snapshot
    }

    private var absence: FormatAbsence? {
        guard let wait = self.progress.starved ?? self.progress.unwritten else { return nil }
        let carriage = self.mux.carriage
        let hasNoTracks = carriage.tracks.isEmpty && !carriage.omissions.isEmpty
        return FormatAbsence(
            self.progress.starved != nil ? .noMemory : hasNoTracks ? .noTracks : .unwritten,
            first: Instant(microseconds: wait.first),
            last: Instant(microseconds: wait.last),
            memory: self.limits.memory
        )
    }
}

extension PlaylistSnapshot.Trouble {
    fileprivate init(_ failure: any Error) {
        self =
            switch failure {
            case TapeError.noMemory: .noMemory
            case TapeError.recordTooLarge: .tooLarge
            case is MuxOverrun: .tooSlow
            default: .failed
            }
    }
}

/// Packets were overwritten before they were muxed.
private struct MuxOverrun: Error, CustomStringConvertible {
    var description: String { "the stream went over what had not been muxed, which goes on at the newest keyframe" }
}
