internal import Linux

/// What a crowd's thread does: it waits in one place for all viewers and reads each with one call into one buffer, so
/// that a viewer costs little more than the kernel's part of receiving.
struct CrowdLoop<Session: PlaySession>: ~Copyable {
    private var crowd: Crowd<Viewer<Session>>
    private var poller: Poller

    private static var wakeToken: UInt64 { .max }
    private static var bufferSize: Int { 1 << 18 }
    private static var longestWait: Duration { .milliseconds(100) }
    private static var tick: Duration { .milliseconds(10) }

    static func run(_ plan: ViewerCrowd.Plan, _ control: CrowdControl) -> CrowdOutcome {
        do {
            var loop = CrowdLoop(Crowd(plan, control), try Poller.make(capacity: 512))
            try control.listen(on: loop.poller, token: Self.wakeToken)
            try loop.go()
            return loop.crowd.outcome
        } catch {
            control.viewerEnded("\(error)", counts: true)
            return CrowdOutcome(failure: "\(error)")
        }
    }

    private init(_ crowd: Crowd<Viewer<Session>>, _ poller: consuming Poller) {
        self.crowd = crowd
        self.poller = poller
    }

    private mutating func go() throws(LinuxError) {
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        let ticks = self.crowd.session(of: 0).path == .datagrams
        var nextTick = MonotonicClock.now
        while true {
            let left = MonotonicClock.now.duration(to: nextTick)
            let count = try self.poller.wait(for: ticks ? max(min(left, Self.tick), .zero) : Self.longestWait)
            let now = MonotonicClock.now
            self.crowd.follow(self.crowd.control.phase, at: now)
            guard self.crowd.phase != .over else { return }
            for index in 0..<count {
                let event = self.poller[index]
                if event.token == Self.wakeToken {
                    self.crowd.control.drain()
                } else {
                    self.serve(event.token, event.readiness, &buffer, now)
                }
            }
            self.openWanted(at: now)
            if ticks, now >= nextTick {
                self.tick(at: now)
                nextTick = now.advanced(by: Self.tick)
            }
        }
    }

    private mutating func tick(at now: MonotonicInstant) {
        for viewer in self.crowd.members where viewer.isOpen {
            do {
                try viewer.tick(now: now)
            } catch {
                self.crowd.end(viewer, "\(error)")
            }
        }
    }

    private mutating func openWanted(at now: MonotonicInstant) {
        while let number = self.crowd.next(at: now) {
            let viewer = Viewer(
                self.crowd.session(of: number),
                isProbe: self.crowd.plan.isProbe(number),
                at: MonotonicClock.now
            )
            self.crowd.add(viewer)
            do {
                try viewer.connect(to: self.crowd.target(of: number).endpoint, self.poller, token: UInt64(number))
            } catch {
                self.crowd.end(viewer, "\(error)")
            }
        }
    }

    private mutating func serve(
        _ token: UInt64,
        _ readiness: Poller.Readiness,
        _ buffer: inout [UInt8],
        _ now: MonotonicInstant
    ) {
        let number = Viewer<Session>.number(in: token)
        guard let viewer = self.crowd.open(number) else { return }
        let hadPicture = viewer.watch.hasPicture
        do {
            if token != UInt64(number) {
                try viewer.receiveDatagrams(&buffer, at: now)
            } else {
                if readiness.contains(.writable) { try viewer.flush(self.poller, token: token) }
                guard readiness != .writable else { return }
                guard try viewer.receive(&buffer, at: now) else {
                    self.crowd.end(viewer, "the server closed the connection")
                    return
                }
            }
            if viewer.hasOutbox { try viewer.flush(self.poller, token: UInt64(number)) }
        } catch {
            self.crowd.end(viewer, "\(error)")
            return
        }
        self.crowd.noteRead(viewer, hadPicture: hadPicture)
    }
}
