import Contract

/// What is wrong where the stream goes, while it is well itself.
extension FaultFinder {
    /// So many times within a minute viewers must have been too slow, and so many of a hundred that there are: one whose own line
    /// is bad is no fault of the stream.
    private static let fewestSlow: UInt64 = 2
    private static let slowShare: UInt64 = 2

    func findUnreached(_ found: inout [StreamFault: FaultFinding]) {
        let failing = self.destinations.filter { $0.state == .failing }
        guard let first = failing.first else { return }
        let more = failing.count - 1
        let noun = more == 1 ? "destination is" : "destinations are"
        let others = more == 0 ? "" : " \(more) more \(noun) not reached either."
        found[.pushFailed] = FaultFinding(first.sentence + others, detail: first.detail + others, isMinor: true)
    }

    /// It is told at once and for as long as the share of ten seconds is high.
    func findOverload(_ found: inout [StreamFault: FaultFinding]) {
        guard let throttling = self.setting.throttling else { return }
        let limit = self.watch.isActive(.relayOverloaded) ? Throttling.grave / 2 : Throttling.grave
        guard throttling.recent >= limit else { return }
        found[.relayOverloaded] = FaultFinding(
            "This relay is overloaded, so all of its viewers may see pauses: the limit of its processor kept it waiting for "
                + "\(Phrases.share(throttling.recent * 100)) of the last 10 s. Raise limits.cpu, or give it fewer streams and "
                + "viewers."
        )
    }

    func findSlowViewers(_ found: inout [StreamFault: FaultFinding]) {
        let (skips, stalls) = self.memory.slowness
        let (times, overflow) = skips.addingReportingOverflow(stalls)
        let viewers = UInt64(clamping: self.snapshot.viewers)
        // Who is sent nothing cannot take it, and no line is to blame.
        let isOverloaded = (self.setting.throttling?.highest ?? 0) >= Throttling.grave
        guard !isOverloaded, !overflow, times >= max(Self.fewestSlow, viewers / 100 * Self.slowShare) else { return }
        let effects = [
            skips == 0 ? nil : "skipped ahead \(skips) \(skips == 1 ? "time" : "times")",
            stalls == 0 ? nil : "were let go \(stalls) \(stalls == 1 ? "time" : "times")",
        ]
        found[.viewersSlow] = FaultFinding(
            "Viewers who are too slow for the stream \(effects.compactMap(\.self).joined(separator: " and ")) within a minute: "
                + "check the line out of this machine, and theirs, or lower the encoder's bitrate.",
            isMinor: true
        )
    }
}
