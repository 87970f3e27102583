internal import Linux

/// One viewer of a crowd. Belongs to the crowd's thread.
protocol CrowdMember: AnyObject {
    associatedtype Session: PlaySession

    var watch: ViewerWatch<Session> { get set }
    var isProbe: Bool { get }
    var isOpen: Bool { get }

    /// Closes its connection.
    func close()
}

/// The viewers of a crowd, and what a rehearsal has it do with them: all of a crowd but its sockets.
struct Crowd<Member: CrowdMember> {
    let plan: ViewerCrowd.Plan
    let control: CrowdControl
    private(set) var members: [Member] = []
    private(set) var phase = CrowdControl.Phase.scouting
    private var latency = Histogram()
    private var mayOpenAt = MonotonicInstant(nanoseconds: 0)

    /// Between two tries to play a stream that is not there yet.
    private static var retryDelay: Duration { .milliseconds(250) }

    init(_ plan: ViewerCrowd.Plan, _ control: CrowdControl) {
        self.plan = plan
        self.control = control
    }

    var outcome: CrowdOutcome { CrowdOutcome(viewers: self.members.map(\.watch.outcome), latency: self.latency) }

    mutating func follow(_ phase: CrowdControl.Phase, at now: MonotonicInstant) {
        guard phase != self.phase else { return }
        self.phase = phase
        for member in self.members {
            switch phase {
            case .measuring: member.watch.beginWindow()
            case .over:
                guard member.isOpen else { continue }
                member.watch.endWindow(at: now)
                member.close()
            case .scouting, .joining: break
            }
        }
    }

    /// The number of the next viewer that is to come by now.
    func next(at now: MonotonicInstant) -> Int? {
        let wanted = min(self.control.wanted, self.plan.viewers)
        return self.members.count < wanted && now >= self.mayOpenAt ? self.members.count : nil
    }

    /// Where a viewer plays, and what reads it.
    func target(of number: Int) -> ViewerCrowd.Plan.Target { self.plan.targets[number % self.plan.targets.count] }

    func session(of number: Int) -> Member.Session {
        let address = self.target(of: number).address
        return Member.Session(address: address, probing: self.plan.isProbe(number), gapLimit: self.plan.gapLimit)
    }

    mutating func add(_ member: Member) {
        self.members.append(member)
    }

    /// The member that has a number, unless it has gone: a scout that was just dismissed may still have an event waiting.
    func open(_ number: Int) -> Member? {
        guard number < self.members.count, self.members[number].isOpen else { return nil }
        return self.members[number]
    }

    /// A member has read something.
    mutating func noteRead(_ member: Member, hadPicture: Bool) {
        if !hadPicture, member.watch.hasPicture { self.control.viewerSawPicture() }
        guard member.isProbe, member.watch.hasStamps else { return }
        let now = UInt64(MonotonicClock.now.nanoseconds / 1000)
        for stamp in member.watch.takeStamps() where self.phase == .measuring && stamp <= now {
            self.latency.record(now - stamp)
        }
    }

    mutating func end(_ member: Member, _ reason: String) {
        member.watch.end(reason)
        member.close()
        guard self.phase == .scouting else {
            self.control.viewerEnded(reason, counts: true)
            return
        }
        self.control.viewerEnded(reason, counts: false)
        if member.watch.hasPicture { self.control.viewerLeft() }
        self.members.removeAll { !$0.isOpen }
        self.mayOpenAt = MonotonicClock.now.advanced(by: Self.retryDelay)
    }
}
