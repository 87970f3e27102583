package import Contract
import Synchronization

/// What the relay shall do as of now; whoever acts on it asks each time.
package final class CurrentSpec: Sendable {
    private let spec: Mutex<RelaySpec>

    package init(_ spec: RelaySpec) {
        self.spec = Mutex(spec)
    }

    package var value: RelaySpec { self.spec.withLock { $0 } }

    /// Puts what can change at once of another spec into force.
    ///
    /// - Returns: what of it needs a new instance, a sentence each.
    package func change(to wanted: RelaySpec) throws(SpecError) -> [String] {
        let outcome = self.spec.withLock { spec in
            Result { () throws(SpecError) in
                let (merged, deferred) = try spec.changed(to: wanted)
                spec = merged
                return deferred
            }
        }
        return try outcome.get()
    }
}

extension RelaySpec {
    /// The spec of an instance that runs by this one once it has been asked to run by another: tapes, the container's
    /// limits and the cut of playlists are what it began with.
    package func changed(to wanted: RelaySpec) throws(SpecError) -> (spec: RelaySpec, deferred: [String]) {
        guard wanted.name == self.name else {
            throw SpecError("name", sentence: "the relay is '\(self.name)' and cannot become '\(wanted.name)'.")
        }
        var deferred: [String] = []
        func keep<Value: Equatable>(_ key: String, _ value: KeyPath<RelaySpec, Value>) -> Value {
            if self[keyPath: value] != wanted[keyPath: value] {
                deferred.append("\(key) of the relay '\(self.name)' changes with its next instance.")
            }
            return self[keyPath: value]
        }
        let limits = try LimitsSpec(
            viewers: wanted.limits.viewers,
            streams: wanted.limits.streams,
            undecided: wanted.limits.undecided,
            reserved: wanted.limits.reserved,
            memory: keep("limits.memory", \.limits.memory),
            cpu: keep("limits.cpu", \.limits.cpu),
            sendBuffer: keep("limits.send_buffer", \.limits.sendBuffer),
            tape: keep("limits.tape", \.limits.tape),
            frame: keep("limits.frame", \.limits.frame),
            bitrate: wanted.limits.bitrate
        )
        let spec = try RelaySpec(
            name: self.name,
            publishKey: wanted.publishKey,
            publishUser: wanted.publishUser,
            play: wanted.play,
            takeover: wanted.takeover,
            sourceTimeout: wanted.sourceTimeout,
            tick: wanted.tick,
            window: keep("window", \.window),
            stall: wanted.stall,
            limits: limits,
            hls: keep("hls.segment", \.hls),
            http: wanted.http,
            checks: wanted.checks,
            health: wanted.health,
            expect: wanted.expect,
            srt: SRTSpec(
                listen: keep("srt.listen", \.srt.listen),
                latency: wanted.srt.latency,
                publishPassphrase: wanted.srt.publishPassphrase,
                playPassphrase: wanted.srt.playPassphrase
            ),
            multicast: wanted.multicast,
            starts: wanted.starts,
            venues: wanted.venues,
            streams: wanted.streams,
            trustedProxies: wanted.trustedProxies
        )
        return (spec, deferred)
    }
}
