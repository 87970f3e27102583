internal import FoundationEssentials
package import Linux

/// Publishes a stream, plays it many times over, and measures.
package struct Rehearsal: ~Copyable {
    private let spec: RehearsalSpec
    private let tell: (String) -> Void
    private var clock: Poller

    /// Rehearses, and returns when all is measured; `tell` is given a sentence whenever the next stage begins.
    package static func run(
        _ spec: RehearsalSpec,
        tell: @escaping (String) -> Void
    ) throws(RehearsalError) -> RehearsalReport {
        do {
            var rehearsal = Rehearsal(spec: spec, tell: tell, clock: try Poller.make(capacity: 1))
            return try rehearsal.run()
        } catch let error as RehearsalError {
            throw error
        } catch let error as LinuxError {
            throw .system(error)
        } catch {
            throw .stopped("\(error)")
        }
    }

    private init(spec: RehearsalSpec, tell: @escaping (String) -> Void, clock: consuming Poller) {
        self.spec = spec
        self.tell = tell
        self.clock = clock
    }

    private mutating func run() throws -> RehearsalReport {
        for process in self.spec.processes where !ProcessTree.exists(process) {
            throw RehearsalError.noProcess(process)
        }
        let publisher = try self.publish()
        defer { publisher?.finish() }
        let crowds = try self.crowds()
        for crowd in crowds { try crowd.start() }
        defer { for crowd in crowds { crowd.control.enter(.over) } }
        try self.scout(crowds, publisher)
        let idle = MemoryUse.sample(self.spec.processes)
        try self.join(crowds, publisher)
        try self.pause(self.spec.settle)
        let full = MemoryUse.sample(self.spec.processes)
        // Reading the memory's map holds the server up for a moment.
        try self.pause(.milliseconds(200))

        let before = Reading(self.spec.processes, publisher)
        for crowd in crowds { crowd.control.enter(.measuring) }
        self.tell("measuring for \(self.spec.duration)")
        try self.pause(self.spec.duration, unless: publisher)
        let after = Reading(self.spec.processes, publisher)
        let outcomes = crowds.map { $0.finish() }
        return RehearsalReport(
            self.spec,
            outcomes,
            from: before,
            to: after,
            publisher?.failure,
            idle: idle,
            full: full,
            scouts: crowds.count
        )
    }

    private mutating func publish() throws -> Publisher? {
        guard let publication = self.spec.publication else { return nil }
        let publisher = Publisher(publication, to: try Self.endpoint(of: publication.address))
        try publisher.start()
        let deadline = MonotonicClock.now.advanced(by: self.spec.joinTimeout)
        while !publisher.isPublishing {
            if let failure = publisher.failure { throw RehearsalError.notPublished(publication.address, failure) }
            guard MonotonicClock.now < deadline else {
                throw RehearsalError.notPublished(publication.address, "no answer")
            }
            try self.pause(.milliseconds(5))
        }
        self.tell("publishing to \(publication.address)")
        return publisher
    }

    private static func endpoint(of address: StreamAddress) throws(RehearsalError) -> InternetAddress {
        do {
            let found = try InternetAddress.resolve(address.host, port: address.port)
            guard let endpoint = found.first(where: { !$0.isIPv6 }) ?? found.first else {
                throw RehearsalError.noAddress(address.host)
            }
            return endpoint
        } catch let error as RehearsalError {
            throw error
        } catch {
            throw .unresolved("\(error)")
        }
    }

    /// A crowd for every format, the viewers divided among the addresses.
    private func crowds() throws -> [ViewerCrowd] {
        var crowds: [ViewerCrowd] = []
        for format in StreamAddress.Format.allCases {
            var targets: [ViewerCrowd.Plan.Target] = []
            var viewers = 0
            for (place, address) in self.spec.plays.enumerated() where address.format == format {
                targets.append(.init(address: address, endpoint: try Self.endpoint(of: address)))
                viewers += (self.spec.viewers - place + self.spec.plays.count - 1) / self.spec.plays.count
            }
            guard viewers > 0 else { continue }
            let probes = min(viewers, max(1, self.spec.probes * viewers / self.spec.viewers))
            let gap = self.spec.gap.nanoseconds / 1000
            crowds.append(
                try ViewerCrowd(
                    .init(format: format, targets: targets, viewers: viewers, probes: probes, gapLimit: gap)
                )
            )
        }
        return crowds
    }

    /// One viewer of each crowd waits until there is something to see.
    private mutating func scout(_ crowds: [ViewerCrowd], _ publisher: Publisher?) throws {
        let deadline = MonotonicClock.now.advanced(by: self.spec.joinTimeout)
        for crowd in crowds { crowd.control.want(1) }
        for crowd in crowds {
            while crowd.control.watching == 0 {
                if let failure = publisher?.failure { throw RehearsalError.stopped(failure) }
                guard MonotonicClock.now < deadline else {
                    throw RehearsalError.notPlayed(crowd.plan.targets[0].address, crowd.control.failure)
                }
                try self.pause(.milliseconds(5))
            }
        }
    }

    private mutating func join(_ crowds: [ViewerCrowd], _ publisher: Publisher?) throws {
        for crowd in crowds { crowd.control.enter(.joining) }
        let start = MonotonicClock.now
        let total = crowds.reduce(0) { $0 + $1.plan.viewers }
        self.tell("\(total) viewers join")
        let rampTime = Duration.seconds(Double(total) / Double(self.spec.ramp))
        let deadline = start.advanced(by: rampTime + self.spec.joinTimeout)
        while crowds.contains(where: { $0.control.watching + $0.control.ended < $0.plan.viewers }) {
            let elapsed = Double(start.duration(to: MonotonicClock.now).nanoseconds) / 1e9
            let share = elapsed * Double(self.spec.ramp) / Double(total)
            for crowd in crowds {
                let wanted = min(crowd.plan.viewers, max(1, Int(share * Double(crowd.plan.viewers))))
                if crowd.control.wanted != wanted { crowd.control.want(wanted) }
            }
            guard MonotonicClock.now < deadline, publisher?.failure == nil else { return }
            try self.pause(.milliseconds(5))
        }
    }

    private mutating func pause(_ duration: Duration, unless publisher: Publisher? = nil) throws {
        let deadline = MonotonicClock.now.advanced(by: duration)
        while true {
            let left = MonotonicClock.now.duration(to: deadline)
            guard left > .zero, publisher?.failure == nil else { return }
            _ = try self.clock.wait(for: publisher == nil ? left : min(left, .milliseconds(100)))
        }
    }
}

/// All that is read at either end of the measuring window.
struct Reading {
    let time = MonotonicClock.now
    let published: Publisher.Progress?
    let server: ProcessorTime
    let tool: ProcessorTime

    init(_ processes: [Int], _ publisher: Publisher?) {
        self.published = publisher?.progress
        self.server = ProcessorTime.sample(processes)
        self.tool = ProcessorTime.sample([Int(ProcessInfo.processInfo.processIdentifier)])
    }
}

package enum RehearsalError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(LinuxError)
    case noProcess(Int)
    case noAddress(String)
    case unresolved(String)
    case notPublished(StreamAddress, String)
    case notPlayed(StreamAddress, String?)
    case stopped(String)

    package var description: String {
        switch self {
        case .system(let error) where error.isOutOfDescriptors:
            "there are not enough file descriptors for so many viewers: raise the limit with ulimit -n"
        case .system(let error): "\(error)"
        case .noProcess(let number): "there is no process \(number) to measure"
        case .noAddress(let host): "\(host) has no address"
        case .unresolved(let reason): reason
        case .notPublished(let address, let reason): "the stream could not be published to \(address): \(reason)"
        case .notPlayed(let address, let reason):
            "no picture came from \(address)" + (reason.map { ": \($0)" } ?? " although it answered")
        case .stopped(let reason): reason
        }
    }
}
