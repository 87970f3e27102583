internal import Linux
internal import Synchronization

/// What a rehearsal tells its crowds of viewers, and what it can see of them meanwhile.
final class CrowdControl: Sendable {
    enum Phase: Int, Sendable {
        /// One viewer tries whether the stream can be played, again and again; its failures do not count.
        case scouting
        case joining
        case measuring
        case over
    }

    private let phaseNumber = Atomic<Int>(Phase.scouting.rawValue)
    private let wantedCount = Atomic<Int>(0)
    private let watchingCount = Atomic<Int>(0)
    private let endedCount = Atomic<Int>(0)
    private let latestFailure = Mutex<String?>(nil)
    private let wake: EventDescriptor

    init() throws(LinuxError) {
        self.wake = try EventDescriptor.make()
    }

    var phase: Phase { Phase(rawValue: self.phaseNumber.load(ordering: .acquiring)) ?? .over }

    /// How many viewers are to have been opened by now.
    var wanted: Int { self.wantedCount.load(ordering: .acquiring) }

    /// How many viewers have had a picture.
    var watching: Int { self.watchingCount.load(ordering: .acquiring) }

    /// How many viewers have ended, refused ones included.
    var ended: Int { self.endedCount.load(ordering: .acquiring) }

    /// Why the newest viewer that ended did.
    var failure: String? { self.latestFailure.withLock(\.self) }

    func enter(_ phase: Phase) {
        self.phaseNumber.store(phase.rawValue, ordering: .releasing)
        self.wake.signal()
    }

    func want(_ count: Int) {
        self.wantedCount.store(count, ordering: .releasing)
        self.wake.signal()
    }

    // What a crowd says.

    func viewerSawPicture() {
        self.watchingCount.add(1, ordering: .relaxed)
    }

    func viewerLeft() {
        self.watchingCount.subtract(1, ordering: .relaxed)
    }

    func viewerEnded(_ reason: String, counts: Bool) {
        self.latestFailure.withLock { $0 = reason }
        if counts { self.endedCount.add(1, ordering: .relaxed) }
    }

    func listen(on poller: borrowing Poller, token: UInt64) throws(LinuxError) {
        try poller.add(self.wake.descriptor, token: token, for: .readable)
    }

    func drain() {
        self.wake.drain()
    }
}
