extension RehearsalReport {
    /// The report as a table for people.
    package var text: String {
        var rows: [(String, String)] = [("viewers", self.viewersText)]
        rows.append(("first picture", self.firstPictureMs.map(Self.text) ?? "none"))
        if let latency = self.latencyMs {
            rows.append(("latency", "\(Self.text(latency)) (\(latency.samples) pictures)"))
        } else {
            rows.append(("latency", "not measured: no stamped picture arrived"))
        }
        rows.append(("received", self.ratesText))
        rows.append(("timestamps", self.timestampsText))
        rows.append(("fell behind", "at most \(Self.milliseconds(self.viewers.worstLagMs))"))
        rows.append(("longest silence", Self.milliseconds(self.viewers.longestSilenceMs)))
        if let server = self.server {
            rows.append(("server", Self.text(server.cpuMicroseconds)))
            if let memory = server.memoryKib { rows.append(("server's memory", Self.text(memory))) }
            let switches = "\(Self.decimal(server.voluntarySwitchesPerSecond, 0)) voluntary"
            rows.append(
                ("switches a second", switches + ", \(Self.decimal(server.involuntarySwitchesPerSecond, 0)) forced")
            )
        }
        rows.append(("this tool", Self.text(self.toolCpuMicroseconds)))
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
        let window = "Measured for \(Self.decimal(self.windowSeconds, 1)) s at \(self.plays.joined(separator: ", "))"
        let verdict =
            self.faults.isEmpty
            ? ["All viewers played without a fault."]
            : self.faults.map { "Fault: \($0)." } + [self.busyText].compactMap(\.self)
        return ([window, ""] + lines + [""] + verdict).joined(separator: "\n")
    }

    /// Where others had the processors for more than this part of the time, faults may be theirs.
    private static let busyShare = 0.25

    /// Says that the machine was busy with something else, where it was.
    private var busyText: String? {
        let shares = [("the server", self.server?.waitingShare), ("this tool", self.toolWaitingShare)]
        let held = shares.compactMap { name, share in
            share.flatMap { $0 > Self.busyShare ? "\(Self.decimal($0 * 100, 0)) % of the time that \(name)" : nil }
        }
        guard !held.isEmpty else { return nil }
        return
            "Other programs had the processor for \(held.joined(separator: " and ")) wanted it: measure when they rest."
    }

    private var viewersText: String {
        let joined = "\(self.viewers.watched) of \(self.viewers.wanted) watched"
        return self.viewers.ended == 0 ? joined : joined + ", \(self.viewers.ended) ended early"
    }

    private var ratesText: String {
        let received =
            "\(Self.megabits(self.bitsPerSecond.median)) a viewer, \(Self.megabits(self.bitsPerSecond.least)) the slowest"
        guard let published = self.bitsPerSecond.published else { return received }
        return received + "; published \(Self.megabits(published))"
    }

    private var timestampsText: String {
        switch (self.viewers.gaps, self.viewers.regressions) {
        case (0, 0): "no gap, none went back"
        case (let gaps, let regressions): "\(gaps) gaps, \(regressions) went back"
        }
    }

    private static func text(_ spread: Spread) -> String {
        "p50 \(Self.milliseconds(spread.p50)), p99 \(Self.milliseconds(spread.p99)), max \(Self.milliseconds(spread.max))"
    }

    private static func text(_ cost: Cost) -> String {
        let parts = "user \(Self.decimal(cost.user, 0)), system \(Self.decimal(cost.system, 0))"
        let share = "\(Self.decimal(cost.cores * 100, 1)) % of a core"
        return "\(Self.decimal(cost.total, 0)) µs of CPU a viewer and second (\(parts)); \(share)"
    }

    private static func text(_ memory: Memory) -> String {
        let parts = "resident \(Self.decimal(memory.resident, 1)), proportional \(Self.decimal(memory.proportional, 1))"
        return
            "\(Self.decimal(memory.anonymous, 1)) KiB a viewer (\(parts)); \(memory.anonymousInAll / 1024) MiB in all"
    }

    private static func milliseconds(_ value: Double) -> String {
        "\(Self.decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0)) ms"
    }

    private static func megabits(_ value: Double) -> String { "\(Self.decimal(value / 1_000_000, 2)) Mbit/s" }

    /// The number with so many digits after the point.
    static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { result, _ in result * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
