internal import Linux

/// What a crowd's thread does: it waits in one place for all viewers and reads each with one call into one buffer, so
/// that a viewer costs little more than the kernel's part of receiving.
struct CrowdLoop<Session: PlaySession>: ~Copyable {
    private let plan: ViewerCrowd.Plan
    private let control: CrowdControl
    private var poller: Poller
    private var viewers: [Viewer<Session>] = []
    private var latency = Histogram()
    private var phase = CrowdControl.Phase.scouting
    private var mayOpenAt = MonotonicInstant(nanoseconds: 0)

    private static var wakeToken: UInt64 { .max }
    private static var bufferSize: Int { 1 << 18 }
    /// Between two tries to play a stream that is not there yet.
    private static var retryDelay: Duration { .milliseconds(250) }
    private static var longestWait: Duration { .milliseconds(100) }

    static func run(_ plan: ViewerCrowd.Plan, _ control: CrowdControl) -> CrowdOutcome {
        do {
            var loop = CrowdLoop(plan, control, try Poller.make(capacity: 512))
            try control.listen(on: loop.poller, token: Self.wakeToken)
            try loop.go()
            return CrowdOutcome(viewers: loop.viewers.map(\.outcome), latency: loop.latency)
        } catch {
            control.viewerEnded("\(error)", counts: true)
            return CrowdOutcome(failure: "\(error)")
        }
    }

    private init(_ plan: ViewerCrowd.Plan, _ control: CrowdControl, _ poller: consuming Poller) {
        self.plan = plan
        self.control = control
        self.poller = poller
    }

    private mutating func go() throws(LinuxError) {
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        while true {
            let count = try self.poller.wait(for: Self.longestWait)
            let now = MonotonicClock.now
            self.follow(self.control.phase, at: now)
            guard self.phase != .over else { return }
            for index in 0..<count {
                let event = self.poller[index]
                if event.token == Self.wakeToken {
                    self.control.drain()
                } else {
                    self.serve(Int(event.token), event.readiness, &buffer, now)
                }
            }
            self.openWanted(at: now)
        }
    }

    private mutating func follow(_ phase: CrowdControl.Phase, at now: MonotonicInstant) {
        guard phase != self.phase else { return }
        self.phase = phase
        for viewer in self.viewers {
            switch phase {
            case .measuring: viewer.beginWindow()
            case .over: viewer.endWindow(at: now)
            case .scouting, .joining: break
            }
        }
    }

    private mutating func openWanted(at now: MonotonicInstant) {
        let wanted = min(self.control.wanted, self.plan.viewers)
        while self.viewers.count < wanted, now >= self.mayOpenAt {
            let number = self.viewers.count
            let target = self.plan.targets[number % self.plan.targets.count]
            let isProbe = self.plan.isProbe(number)
            let session = Session(address: target.address, probing: isProbe, gapLimit: self.plan.gapLimit)
            let viewer = Viewer(session, isProbe: isProbe, at: MonotonicClock.now)
            self.viewers.append(viewer)
            do {
                try viewer.connect(to: target.endpoint, self.poller, token: UInt64(number))
            } catch {
                self.end(viewer, "\(error)")
            }
        }
    }

    private mutating func serve(
        _ number: Int,
        _ readiness: Poller.Readiness,
        _ buffer: inout [UInt8],
        _ now: MonotonicInstant
    ) {
        // A scout that was just dismissed may still have an event waiting.
        guard number < self.viewers.count else { return }
        let viewer = self.viewers[number]
        guard viewer.isOpen else { return }
        let hadPicture = viewer.hasPicture
        do {
            if readiness.contains(.writable) { try viewer.flush(self.poller, token: UInt64(number)) }
            guard readiness != .writable else { return }
            guard try viewer.receive(&buffer, at: now) else {
                self.end(viewer, "the server closed the connection")
                return
            }
            if viewer.hasOutbox { try viewer.flush(self.poller, token: UInt64(number)) }
        } catch {
            self.end(viewer, "\(error)")
            return
        }
        if !hadPicture, viewer.hasPicture { self.control.viewerSawPicture() }
        if viewer.isProbe { self.takeStamps(of: viewer) }
    }

    private mutating func takeStamps(of viewer: Viewer<Session>) {
        guard viewer.hasStamps else { return }
        let now = UInt64(MonotonicClock.now.nanoseconds / 1000)
        for stamp in viewer.takeStamps() where self.phase == .measuring && stamp <= now {
            self.latency.record(now - stamp)
        }
    }

    private mutating func end(_ viewer: Viewer<Session>, _ reason: String) {
        viewer.end(reason)
        guard self.phase == .scouting else {
            self.control.viewerEnded(reason, counts: true)
            return
        }
        self.control.viewerEnded(reason, counts: false)
        if viewer.hasPicture { self.control.viewerLeft() }
        self.viewers.removeAll { !$0.isOpen }
        self.mayOpenAt = MonotonicClock.now.advanced(by: Self.retryDelay)
    }
}
