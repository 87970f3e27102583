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
        let wording = Wording { audience, language in
            let text = first.wording.text(for: audience, in: language)
            guard more > 0 else { return text }
            return switch language {
            case .english: "\(text) \(more) more \(noun) not reached either."
            case .japanese: "\(text)ほかの\(more)か所にも送信できていません。"
            }
        }
        found[.pushFailed] = FaultFinding(wording, isMinor: true)
    }

    /// It is told at once and for as long as the share of ten seconds is high.
    func findOverload(_ found: inout [StreamFault: FaultFinding]) {
        guard let throttling = self.setting.throttling,
            throttling.isGrave(before: self.watch.isActive(.relayOverloaded))
        else { return }
        found[.relayOverloaded] = FaultFinding(.relayOverloaded(throttling.recent))
    }

    func findSlowViewers(_ found: inout [StreamFault: FaultFinding]) {
        let (skips, stalls) = self.memory.slowness
        let (times, overflow) = skips.addingReportingOverflow(stalls)
        let viewers = UInt64(clamping: self.snapshot.viewers)
        // Who is sent nothing cannot take it, and no line is to blame.
        guard self.setting.throttling?.wasGrave != true else { return }
        guard !overflow, times >= max(Self.fewestSlow, viewers / 100 * Self.slowShare) else { return }
        found[.viewersSlow] = FaultFinding(.viewersSlow(skips: skips, stalls: stalls), isMinor: true)
    }
}
