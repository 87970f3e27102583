import Contract

/// One metric with its samples.
struct MetricFamily {
    enum Kind: String { case counter, gauge, histogram }

    let name: String
    let kind: Kind
    let help: String
    private var samples: [Sample] = []

    private struct Sample {
        /// Behind the metric's name.
        var suffix: String
        var labels: [(String, String)]
        var value: String
    }

    /// What its values count, by its name.
    var unit: String {
        let words = self.name.split(separator: "_").filter { $0 != "total" }
        switch words.last {
        case "seconds": return words.dropLast().last == "timestamp" ? "s, Unix time" : "s"
        case "second": return "\(words.dropLast(2).last ?? "") per s"
        case "bytes": return "bytes"
        case "dbfs": return "dB of full scale"
        case "lufs": return "LUFS"
        case "ratio": return "ratio"
        default: return "count"
        }
    }

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = "transponder_\(name)"
        self.kind = kind
        self.help = help
    }

    mutating func add(_ value: UInt64, _ labels: [(String, String)]) { self.add(text: "\(value)", labels) }

    mutating func add(_ value: Int, _ labels: [(String, String)]) { self.add(text: "\(value)", labels) }

    mutating func add(_ value: Double, _ labels: [(String, String)]) { self.add(text: Self.text(value), labels) }

    /// A bucket for each step, the sum in seconds, and how many there are.
    mutating func add<Steps>(_ histogram: DurationHistogram<Steps>, _ labels: [(String, String)]) {
        let bounds = Steps.bounds.map { Self.text($0.inSeconds) } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.cumulated) {
            self.add(text: "\(count)", labels + [("le", bound)], suffix: "_bucket")
        }
        self.add(text: Self.text(histogram.sum.inSeconds), labels, suffix: "_sum")
        self.add(text: "\(histogram.total)", labels, suffix: "_count")
    }

    private mutating func add(text: String, _ labels: [(String, String)], suffix: String = "") {
        self.samples.append(Sample(suffix: suffix, labels: labels, value: text))
    }

    private static func text(_ value: Double) -> String {
        value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }

    func write(to text: inout String, as form: MetricsForm = .prometheus) {
        guard !self.samples.isEmpty else { return }
        // OpenMetrics names a counter without what its samples end in.
        let isBare = form == .openMetrics && self.kind == .counter && self.name.hasSuffix(Self.counterSuffix)
        let name = isBare ? String(self.name.dropLast(Self.counterSuffix.count)) : self.name
        let help = self.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(form == .openMetrics ? help.replacing("\"", with: "\\\"") : help)\n"
        text += "# TYPE \(name) \(self.kind.rawValue)\n"
        for sample in self.samples {
            let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            text += "\(self.name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
        }
    }

    private static let counterSuffix = "_total"

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
