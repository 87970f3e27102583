/// One metric with its samples, as the Prometheus text format writes it (version 0.0.4).
struct MetricFamily {
    enum Kind: String { case counter, gauge }

    let name: String
    let kind: Kind
    let help: String
    private(set) var samples: [String] = []

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

    mutating func add(_ value: Double, _ labels: [(String, String)]) {
        let text = value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
        self.add(text: text, labels)
    }

    private mutating func add(text: String, _ labels: [(String, String)]) {
        let inner = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        self.samples.append(inner.isEmpty ? "\(self.name) \(text)" : "\(self.name){\(inner)} \(text)")
    }

    func write(to text: inout String) {
        guard !self.samples.isEmpty else { return }
        text += "# HELP \(self.name) \(self.help)\n# TYPE \(self.name) \(self.kind.rawValue)\n"
        for sample in self.samples { text += sample + "\n" }
    }

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
