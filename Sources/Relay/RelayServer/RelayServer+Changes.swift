import Admission
package import Contract
import DatagramService
import Fanout
import Health
import Inspection
import Logging
import Sessions
import Sockets
import Streams
import Synchronization

/// What an operator may want of a relay that runs. Nobody is disturbed whom a change does not concern.
extension RelayServer {
    /// Viewers in the answer to one question: more would not fit a control message.
    static let listedViewers = 10_000

    /// Puts another spec into force, as far as that goes without a new instance. The publisher on air stays, whatever its
    /// key is now; viewers whose token is none any more go.
    ///
    /// - Returns: what of it needs a new instance, a sentence each.
    package func apply(_ wanted: RelaySpec) throws(SpecError) -> [String] {
        let services = self.services
        let deferred = try services.admission.current.change(to: wanted)
        let spec = services.spec
        do {
            try self.proxies.use(spec.trustedProxies)
        } catch {
            services.log.error("cannot wait for proxies", metadata: ["error": "\(error)"])
        }
        self.limiter.setLimits(Self.connectionLimits(spec))
        services.admission.audience.setLimit(spec.limits.viewers)
        self.engine.setStall(spec.stall)
        self.monitor.change(to: self.healthSetting)
        self.sources.apply(spec)
        services.admission.hub.applySpec(now: SystemClock.now)
        do {
            try self.setSRTCalls(spec)
        } catch {
            services.log.error("cannot place SRT calls", metadata: ["error": "\(error)"])
        }
        let ended = services.admission.audience.endDenied(by: PlayGuard(spec))
        services.log.notice(
            "configuration changed",
            metadata: ["deferred": "\(deferred.count)", "viewers ended": "\(ended)"]
        )
        return deferred
    }

    /// What the streams are judged by.
    var healthSetting: HealthSetting {
        HealthSetting(self.listening.rtmp?.port, self.services.spec, throttling: self.throttling?.value)
    }

    /// The configuration that the relay itself reads was taken, or refused for a reason. To be told of the first, too.
    package func noteConfiguration(problem: String? = nil, deferred: [String] = []) {
        let now = Instant(SystemClock.now)
        self.configurationStatus.withLock { status in
            guard var known = status else {
                status = ConfigurationStatus(appliedAt: now)
                return
            }
            known.problem = problem
            if problem == nil {
                known.appliedAt = now
                known.reloads += 1
                known.deferred = deferred
            } else {
                known.refusedReloads += 1
            }
            status = known
        }
    }

    package func perform(_ order: RelayOrder) -> OrderOutcome {
        switch order {
        case .listViewers:
            .viewers(self.services.admission.audience.viewers(limit: Self.listedViewers))
        case .kick(let viewer):
            .performed(self.services.admission.audience.end(viewer))
        case .still(let stream):
            .still(self.inspector.view(of: stream))
        case .dropPublisher(let stream, let sentence):
            .performed(
                self.services.admission.hub.existing(stream)?.dropSource(sentence: sentence, now: SystemClock.now)
                    ?? false
            )
        }
    }
}

extension HealthSetting {
    init(_ rtmpPort: UInt16?, _ spec: RelaySpec, throttling: Throttling? = nil) {
        self.init(
            rtmpPort: rtmpPort,
            sourceTimeout: spec.sourceTimeout,
            declared: spec.declaredSources,
            judgement: spec.judgement,
            throttling: throttling
        )
    }
}
