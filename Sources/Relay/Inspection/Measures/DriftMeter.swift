/// How fast sound and picture move apart by their timestamps, from how far each has come at each look.
package struct DriftMeter: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var at: Int64
        var lead: Int64
    }

    /// How far back looks count, and for how long there must have been some, µs.
    private static let window: Int64 = 5_000_000
    private static let least: Int64 = 4_000_000
    /// From one look to the next a steady drift moves less than this, µs: what moves further has stepped or stood still.
    private static let step: Int64 = 150_000
    private static let mostLooks = 64

    private var looks: [Look] = []

    package init() {}

    /// Notes how far sound is ahead of picture, µs, at an instant.
    package mutating func note(lead: Int64, at now: Int64) {
        if let last = self.looks.last {
            guard now > last.at else { return }
            let (moved, overflow) = lead.subtractingReportingOverflow(last.lead)
            if overflow || moved.magnitude > UInt64(Self.step) || now &- last.at > Self.least { self.looks = [] }
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
        return abs(slope) > 6 * doubt ? slope : 0
    }
}
