import Capacity
import Contract

/// Reads the values of one group. A value that is wrong is noted and replaced by the standard one, so that all
/// that is wrong with a file can be told at once.
struct SettingGroup {
    let path: [String]
    let node: SettingNode?

    func group(_ key: String) -> SettingGroup {
        SettingGroup(path: self.path + [key], node: self.node?[key])
    }

    /// Whether something was written for the key.
    func has(_ key: String) -> Bool {
        guard let node = self.node?[key] else { return false }
        return node.content != .absent
    }

    func origin(of key: String) -> SettingOrigin { self.node?[key]?.origin ?? self.node?.origin ?? .standard }

    func read<Value>(
        _ key: String,
        standard: Value,
        _ problems: inout [ConfigurationProblem],
        parse: (String) throws -> Value
    ) -> Value {
        guard let node = self.node?[key], case .text(let text) = node.content else { return standard }
        do {
            return try parse(text)
        } catch {
            problems.append(
                ConfigurationProblem(origin: node.origin, path: self.path + [key], sentence: "\(error)")
            )
            return standard
        }
    }

    /// What is written in a list, or in one text with commas between.
    func list<Value>(
        _ key: String,
        standard: [Value],
        _ problems: inout [ConfigurationProblem],
        parse: (String) throws -> [Value]
    ) -> [Value] {
        guard let node = self.node?[key] else { return standard }
        guard case .list(let items) = node.content else {
            return self.read(key, standard: standard, &problems, parse: parse)
        }
        return items.flatMap { item -> [Value] in
            guard case .text(let text) = item.content else { return [] }
            do {
                return try parse(text)
            } catch {
                problems.append(
                    ConfigurationProblem(origin: item.origin, path: self.path + [key], sentence: "\(error)")
                )
                return []
            }
        }
    }

    func duration(
        _ key: String,
        standard: Duration,
        in bounds: ClosedRange<Duration>,
        _ problems: inout [ConfigurationProblem]
    ) -> Duration {
        self.read(key, standard: standard, &problems) { text in
            try Self.bounded(DurationText.parse(text), bounds, text, DurationText.text)
        }
    }

    /// Nil where nothing is written.
    func optionalDuration(
        _ key: String,
        in bounds: ClosedRange<Duration>,
        _ problems: inout [ConfigurationProblem]
    ) -> Duration? {
        self.read(key, standard: nil, &problems) { text in
            try Self.bounded(DurationText.parse(text), bounds, text, DurationText.text)
        }
    }

    func interface(_ problems: inout [ConfigurationProblem]) -> InterfaceSpec? {
        self.read("interface", standard: nil, &problems) { try InterfaceSpec($0) }
    }

    func complain(_ key: String, _ sentence: String, _ problems: inout [ConfigurationProblem]) {
        problems.append(
            ConfigurationProblem(origin: self.origin(of: key), path: self.path + [key], sentence: sentence)
        )
    }

    /// What is made of the group's values, or nil after a complaint about the one that is refused.
    func checked<Value>(
        _ problems: inout [ConfigurationProblem],
        _ make: () throws(SpecError) -> Value
    ) -> Value? {
        do {
            return try make()
        } catch {
            self.complain(error.path.last ?? "", error.sentence, &problems)
            return nil
        }
    }

    func size(
        _ key: String,
        standard: Int,
        in bounds: ClosedRange<Int>,
        _ problems: inout [ConfigurationProblem]
    ) -> Int {
        self.read(key, standard: standard, &problems) { text in
            try Self.bounded(SizeText.parse(text), bounds, text, SizeText.text)
        }
    }

    func bitrate(
        _ key: String,
        standard: Int,
        in bounds: ClosedRange<Int>,
        _ problems: inout [ConfigurationProblem]
    ) -> Int {
        self.read(key, standard: standard, &problems) { text in
            try Self.bounded(BitrateText.parse(text), bounds, text, BitrateText.text)
        }
    }

    func count(
        _ key: String,
        standard: Int,
        in bounds: ClosedRange<Int>,
        _ problems: inout [ConfigurationProblem]
    ) -> Int {
        self.read(key, standard: standard, &problems) { text in
            guard let number = Int(text) else {
                throw ValueError("'\(text)' is not a number; write \(ValueForm.count.example).")
            }
            return try Self.bounded(number, bounds, text, String.init)
        }
    }

    func cores(
        _ key: String,
        standard: Double,
        in bounds: ClosedRange<Double>,
        _ problems: inout [ConfigurationProblem]
    ) -> Double {
        self.read(key, standard: standard, &problems) { text in
            guard let number = DecimalText(text), number.unit.isEmpty else {
                throw ValueError("'\(text)' is not a number; write \(ValueForm.cores.example).")
            }
            return try Self.bounded(Double(number.millionths) / 1_000_000, bounds, text) { "\($0)" }
        }
    }

    func flag(_ key: String, standard: Bool, _ problems: inout [ConfigurationProblem]) -> Bool {
        self.read(key, standard: standard, &problems) { text in
            switch text.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default: throw ValueError("'\(text)' is neither true nor false.")
            }
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        standard: Choice,
        _ problems: inout [ConfigurationProblem]
    ) -> Choice {
        self.read(key, standard: standard, &problems) { text in
            guard let choice = Choice(rawValue: text) else {
                let words = Choice.allCases.map(\.rawValue)
                let near = NearestKey.to(text, among: words).map { " Did you mean '\($0)'?" } ?? ""
                throw ValueError("'\(text)' is not one of \(words.joined(separator: ", ")).\(near)")
            }
            return choice
        }
    }

    func secret(_ key: String, _ problems: inout [ConfigurationProblem]) -> Secret? {
        self.read(key, standard: nil, &problems) { text in try Secret(text) }
    }

    func address(_ key: String, standard: ListenAddress?, _ problems: inout [ConfigurationProblem]) -> ListenAddress? {
        self.read(key, standard: standard, &problems) { text in try ListenAddress(text) }
    }

    func addresses(
        _ key: String,
        standard: [ListenAddress],
        _ problems: inout [ConfigurationProblem]
    ) -> [ListenAddress] {
        let addresses = self.list(key, standard: standard, &problems) { text in try ListenAddress.list(text) }
        for (index, address) in addresses.enumerated() {
            guard let other = addresses[..<index].first(where: address.clashes) else { continue }
            let both = address == other ? "\(address) is there twice" : "\(address) is part of \(other)"
            self.complain(key, "\(both); keep one of the two.", &problems)
        }
        return addresses
    }

    private static func bounded<Value: Comparable>(
        _ value: Value,
        _ bounds: ClosedRange<Value>,
        _ text: String,
        _ format: (Value) -> String
    ) throws(ValueError) -> Value {
        guard bounds.contains(value) else {
            let low = format(bounds.lowerBound)
            let high = format(bounds.upperBound)
            throw ValueError("\(text) is out of bounds; write \(low) to \(high).")
        }
        return value
    }
}
