/// How fast sound and picture move apart by their timestamps, from how far each has come at each look.
package struct DriftMeter: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var at: Int64
        var lead: Int64
    }

    /// How far back looks count, and for how long there must have been some, µs. An encoder that has too little time sends one
    /// of the tracks later and later for some seconds.
    private static let window: Int64 = 12_000_000
    private static let least: Int64 = 8_000_000
    /// From one look to the next a steady drift moves less than this, µs: what moves further has stepped or stood still.
    private static let step: Int64 = 150_000
    /// What is less in all, µs, is how unevenly packets come.
    private static let leastMove: Int64 = 250_000
    /// The same, in packets of the track that has fewer: how far it has come is known no better than to one.
    private static let leastPackets = 2.5
    /// The longest time between packets that counts, µs.
    private static let coarsest: Int64 = 2_000_000
    private static let longestPause: Int64 = 4_000_000
    private static let mostLooks = 64

    private var looks: [Look] = []
    private var grain: Int64 = 0

    package init() {}

    /// Notes how far sound is ahead of picture, µs, at an instant; `grain` is the longest time from one packet to the next.
    package mutating func note(lead: Int64, grain: Int64 = 0, at now: Int64) {
        let grain = min(max(grain, 0), Self.coarsest)
        // A step is a long time between two packets itself.
        let usual = min(self.grain, grain)
        self.grain = grain
        if let last = self.looks.last {
            guard now > last.at else { return }
            let (moved, overflow) = lead.subtractingReportingOverflow(last.lead)
            if overflow || moved.magnitude > UInt64(max(Self.step, usual * 3 / 2))
                || now &- last.at > Self.longestPause
            {
                self.looks = []
            }
        }
        self.looks.append(Look(at: now, lead: lead))
        self.looks.removeAll { now &- $0.at > Self.window }
        if self.looks.count > Self.mostLooks { self.looks.removeFirst() }
    }

    package mutating func forget() { self.looks = [] }

    /// Seconds that sound gains on the picture in each second; nil while too little is known, and where it comes so unevenly
    /// that a drift would not be seen.
    package var drift: Double? {
        guard let first = self.looks.first, let last = self.looks.last, last.at &- first.at >= Self.least else {
            return nil
        }
        let count = Double(self.looks.count)
        let times = self.looks.map { Double($0.at &- first.at) }
        let leads = self.looks.map { Double($0.lead &- first.lead) }
        let (meanTime, meanLead) = (times.reduce(0, +) / count, leads.reduce(0, +) / count)
        var (covariance, variance) = (0.0, 0.0)
        for (time, lead) in zip(times, leads) {
            covariance += (time - meanTime) * (lead - meanLead)
            variance += (time - meanTime) * (time - meanTime)
        }
        guard variance > 0 else { return nil }
        let slope = covariance / variance
        // How far the looks lie from the line says how far it can be believed.
        let errors = zip(times, leads).map { time, lead in
            let error = lead - meanLead - slope * (time - meanTime)
            return error * error
        }
        let doubt = (errors.reduce(0, +) / count / variance).squareRoot()
        let move = abs(slope) * Double(last.at &- first.at)
        let isSeen = move >= max(Double(Self.leastMove), Self.leastPackets * Double(self.grain))
        return isSeen && abs(slope) > 6 * doubt ? slope : 0
    }
}
