import Capacity
import Contract
import Linux
import Logging
import Media
import Synchronization
import Tape
import Wire

/// The wire formats of a stream that somebody wants now.
///
/// They read the packet tape at their own pace. The publisher's thread asks them to, after each append and without a lock of
/// its own; it does the work itself unless somebody holds an output, who does it then (see ``HandoffMutex``).
final class Outputs: Sendable {
    private struct Registry {
        var byFormat: [WireFormat: Output] = [:]
        var list: [Output] = []

        mutating func add(_ output: Output) {
            self.byFormat[output.format] = output
            self.list.append(output)
        }

        mutating func remove(_ output: Output) {
            self.byFormat[output.format] = nil
            self.list.removeAll { $0 === output }
        }
    }

    private let path: StreamPath
    private let packets: PacketTape
    private let marks: ProgramMarks
    private let spec: CurrentSpec
    private let budget: TapeBudget
    private let keeper: (any TapeKeeper)?
    private let log: Logger
    /// Of all formats together, for as long as the stream is known.
    private let meter = DelayMeter(steps: DelaySteps.bounds)
    private let registry = Mutex(Registry())
    /// Held by who opens a format. That takes as long as muxing all that is on the packet tape.
    private let opening = Mutex(())
    private let waiters = Mutex(SegmentWaiters())
    private let refusals = Mutex(FormatRefusals())
    private let failureLog = Mutex(LogThrottle())
    private let shortageLog = Mutex(LogThrottle(interval: 60_000_000))

    init(
        of packets: PacketTape,
        marks: ProgramMarks,
        path: StreamPath,
        spec: CurrentSpec,
        budget: TapeBudget,
        keeper: (any TapeKeeper)?,
        log: Logger
    ) {
        self.keeper = keeper
        self.packets = packets
        self.marks = marks
        self.path = path
        self.spec = spec
        self.budget = budget
        self.log = log
    }

    subscript(format: WireFormat) -> Output? { self.registry.withLock { $0.byFormat[format] } }

    var all: [Output] { self.registry.withLock { $0.list } }

    var formats: Set<WireFormat> { self.registry.withLock { Set($0.byFormat.keys) } }

    /// Whether a viewer holds a format open, or waits for segments.
    var isWanted: Bool {
        !self.waiters.withLock { $0.isEmpty } || self.all.contains { $0.usage.leases > 0 }
    }

    /// How long media took from when it came until the viewers of a format had been given it.
    var delays: DurationHistogram<DelaySteps> {
        let figures = self.meter.figures
        return DurationHistogram(counts: figures.counts, sum: .nanoseconds(figures.sum)) ?? DurationHistogram()
    }

    /// What the formats leave out of the source on air.
    var omissions: [OmissionSnapshot] {
        self.all.flatMap { output in output.reader.withLock { $0.omissionSnapshots } }
    }

    /// What keeps viewers from having the formats that they ask for, by name: of those that could not be opened, and of those that
    /// are muxed. `target` is that of the playlists, in seconds.
    func snapshots(target: Int, now: Now) -> [FormatSnapshot] {
        let memory = self.spec.value.limits.memory
        let refused = self.refusals.withLock { $0.snapshots(source: self.marks.firstOfSource, memory: memory) }
        let muxed = self.all.compactMap { output in
            output.reader.withLock { $0.snapshot(target: target, now: now.monotonic) }
        }
        return Array((refused + muxed).sorted { $0.format < $1.format }.prefix(FormatSnapshot.limit))
    }

    /// Somebody was refused a format.
    func noteRefusal(_ reason: FormatAbsence.Reason, of format: WireFormat, now: Now) {
        self.refusals.withLock { $0.note(reason, format, source: self.marks.firstOfSource, at: now.monotonic) }
    }

    /// The format can be had now.
    func forgetRefusals(of format: WireFormat) { self.refusals.withLock { $0.forget(format) } }

    /// Has every format do something; does not wait for it.
    func request(_ requests: OutputRequests) {
        for output in self.all { output.reader.request(requests) }
    }

    // MARK: Opening

    /// Opens a format for one viewer.
    ///
    /// - Returns: nil if it was given up just now.
    func lease(_ format: WireFormat) -> WireLease? {
        // Counted under the registry's lock, so that nobody gives it up in between.
        self.registry.withLock { registry in
            guard let output = registry.byFormat[format] else { return nil }
            output.usage.lease()
            return WireLease(format, tape: output.tape, kept: output.keep?.number, usage: output.usage)
        }
    }

    /// Has a format muxed. Of a stream that nobody publishes it costs no memory. If there is none for it, health is told of
    /// the last try.
    func open(_ format: WireFormat, isLastTry: Bool = false, now: Now) throws {
        guard self[format] == nil else { return }
        do {
            try self.opening.withLock { _ in try self.make(format, now: now) }
        } catch {
            // Others who choose their tracks otherwise get theirs.
            if isLastTry, !(error is TooManyTrackChoices) { self.noteRefusal(.noMemory, of: format, now: now) }
            throw error
        }
    }

    /// Opens the formats that playlists were asked for of before anybody published; a publisher does not wait for others who
    /// open formats, and the next sweep opens what is left.
    func openAwaited(now: Now, mayWait: Bool) {
        let awaited = self.waiters.withLock { $0.formats }.filter { self[$0] == nil }
        guard !awaited.isEmpty else { return }
        // Where there is no memory for it, those who wait are told when they have waited long enough.
        func open() { for format in awaited { try? self.make(format, now: now) } }
        if mayWait { self.opening.withLock { _ in open() } } else { self.opening.withLockIfAvailable { _ in open() } }
    }

    /// Goes on with a format that a process which is dead has muxed: viewers' places on its tape stay what they are.
    ///
    /// - Returns: false where that cannot be; it is opened anew then when somebody wants it.
    func resume(_ format: WireFormat, _ memory: borrowing OwnedDescriptor, keptAs number: UInt64, now: Now) -> Bool {
        let retention = TapeRetention.wire(self.spec.value.limits, self.budget)
        guard let keeper = self.keeper, let memory = try? memory.duplicate(),
            let tape = try? WireTape.attach(memory, retention: retention, span: TapePlan.live, delays: self.meter),
            tape.kept > 0
        else { return false }
        return self.opening.withLock { _ in
            guard self[format] == nil, self.packets.kept > 0 else { return false }
            let usage = OutputUsage(now: now.monotonic)
            for join in self.starts(on: tape) {
                var reader = self.reader(of: format, onto: tape, usage, resumingAt: join)
                guard reader.resume() else { continue }
                self.add(reader, of: format, onto: tape, TapeKeep(number, by: keeper), usage)
                return true
            }
            self.log.notice("media on tape is not gone on with", metadata: ["format": "\(format.name)"])
            return false
        }
    }

    /// Where to begin to mux once more what is on the tape: as far back as there is something, for playlists; or, where that is
    /// not the same any more, as late as can be.
    private func starts(on tape: WireTape) -> [UInt64] {
        let times = tape.storedJoinTimes
        let joins = self.packets.joins.filter { join in
            self.packets.time(ofJoin: join).map { times.contains($0) } ?? false
        }
        let starts = [joins.first, joins.dropLast().last, joins.last].compactMap { $0 }
        return starts.enumerated().filter { !starts[..<$0.offset].contains($0.element) }.map(\.element)
    }

    private func reader(
        of format: WireFormat,
        onto tape: WireTape,
        _ usage: OutputUsage,
        resumingAt join: UInt64? = nil
    ) -> sending OutputReader {
        let context = MuxContext(format: format, path: self.path, wallOffset: self.marks.wallOffset)
        return OutputReader(
            of: format,
            from: self.packets,
            marks: self.marks,
            usage: usage,
            spec: self.spec.value,
            mux: format.definition.makeMux(context),
            onto: tape,
            resumingAt: join
        )
    }

    private func add(
        _ reader: consuming sending OutputReader,
        of format: WireFormat,
        onto tape: WireTape,
        _ keep: TapeKeep?,
        _ usage: OutputUsage
    ) {
        let output = Output(reader, of: format, onto: tape, keep: keep, usage: usage) { [weak self] report in
            self?.follow(report, of: format)
        }
        self.registry.withLock { $0.add(output) }
        // What was appended before it could be asked.
        output.reader.request(.read)
    }

    private func make(_ format: WireFormat, now: Now) throws {
        guard self[format] == nil else { return }
        if let limit = format.definition.variantLimit {
            guard self.all.count(where: { $0.format.name == format.name }) < limit else { throw TooManyTrackChoices() }
        }
        let spec = self.spec.value
        let tape = try WireTape(
            name: "\(format.name) \(self.path)",
            retention: .wire(spec.limits, self.budget),
            span: TapePlan.live,
            records: format.definition.records(window: spec.window.microseconds),
            delays: self.meter
        )
        // Where nothing is on air there is nothing to keep.
        guard self.packets.kept == 0 || tape.start() else { throw self.noMemory(format) }
        let usage = OutputUsage(now: now.monotonic)
        var reader = self.reader(of: format, onto: tape, usage)
        if let failure = reader.catchUp() {
            self.log.warning("media left out", metadata: ["format": "\(format.name)", "error": "\(failure)"])
        }
        let kept = KeptTape.wire(self.path.stream, format: format.name, variant: format.variant)
        let keep = TapeKeep(kept, { () throws(LinuxError) in try tape.shareMemory() }, by: self.keeper)
        self.add(reader, of: format, onto: tape, keep, usage)
    }

    func noMemory(_ format: WireFormat) -> PlayDenial {
        PlayDenial(.noMemory, MediaOmission.unopened(format, self.spec.value.limits).sentence)
    }

    /// Tells whoever is concerned that a format was muxed; without any lock.
    private func follow(_ report: OutputReader.Report, of format: WireFormat) {
        let now = self.marks.lastTime
        if let failure = report.failure, self.failureLog.withLock({ $0.allows(now) }) {
            self.log.warning("media left out", metadata: ["format": "\(format.name)", "error": "\(failure)"])
        }
        if let shortage = report.shortage, self.shortageLog.withLock({ $0.allows(now) }) {
            self.log.warning("less is kept", metadata: ["sentence": "\(shortage.sentence)"])
        }
        let due = self.waiters.withLock { $0.isEmpty ? [] : $0.takeDue(format, having: report.segments) }
        for tell in due { tell() }
    }

    // MARK: Waiting

    /// Calls `onReady` once, from any thread, as soon as a format has `count` segments; at once if it has them.
    ///
    /// - Returns: for ``forgetWaiter(_:)`` when the answer is not wanted any more; nil when it was given.
    func whenSegments(_ count: Int, of format: WireFormat, onReady: @escaping @Sendable () -> Void) -> UInt64? {
        guard let number = self.waiters.withLock({ $0.add(format, count: count, onReady: onReady) }) else {
            onReady()
            return nil
        }
        // Looked at after the waiter was added: a segment that is finished from here on finds it.
        let have = self[format].map { output in output.reader.withLock { $0.target.segments.segments.count } } ?? 0
        guard have >= count else { return number }
        for tell in self.waiters.withLock({ $0.takeDue(format, having: have) }) { tell() }
        return nil
    }

    func forgetWaiter(_ number: UInt64) {
        self.waiters.withLock { $0.remove(number) }
    }

    // MARK: Closing

    /// Stops muxing what nobody has wanted for a while.
    func closeUnwanted(now: Now) {
        let closed = self.registry.withLock { registry in
            let unwanted = registry.list.filter { $0.usage.isUnwanted(for: Stream.formatLinger, now: now.monotonic) }
            for output in unwanted { registry.remove(output) }
            return unwanted.map(\.format)
        }
        for format in closed { self.waiters.withLock { $0.remove(format) } }
    }

    /// Gives a format up that nobody has wanted for `idle` µs.
    ///
    /// - Returns: how many bytes of tape that frees.
    func giveUp(_ format: WireFormat, idle: Int64, now: Now) -> Int {
        let given = self.registry.withLock { registry -> Output? in
            guard let output = registry.byFormat[format], output.usage.isUnwanted(for: idle, now: now.monotonic) else {
                return nil
            }
            registry.remove(output)
            return output
        }
        guard let given else { return 0 }
        self.waiters.withLock { $0.remove(format) }
        return given.tape.kept
    }

    /// Copies that nobody is being sent are forgotten.
    func forgetCopies() {
        for output in self.all { output.copies.withLock { $0.forget() } }
    }
}
