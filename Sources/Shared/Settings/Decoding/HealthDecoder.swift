import Capacity
import Contract

/// Reads what stands under `health` and `expect`.
struct HealthDecoder {
    /// Of the relay or the stream that they stand under.
    let settings: SettingGroup

    /// What a rule says that never fails.
    private static let none = "none"

    func health(_ problems: inout [ConfigurationProblem]) -> HealthSpec {
        let group = self.settings.group("health")
        let legibility = Self.legibility(group.group("legibility"), &problems)
        guard group.has("unhealthy") else {
            let standard = HealthSpec.standard
            return HealthSpec(states: standard.states, faults: standard.faults, legibility: legibility)
        }
        let names: [String] = group.list("unhealthy", standard: [], &problems) { text in
            let words = text.split { $0 == "," || $0 == " " }.map(String.init)
            if words == [Self.none] { return [] }
            for word in words where !HealthSpec.names.contains(word) {
                let near = NearestKey.to(word, among: HealthSpec.names).map { " Did you mean '\($0)'?" } ?? ""
                let known = HealthSpec.names.joined(separator: ", ")
                throw ValueError("'\(word)' is not a state or a fault of a stream.\(near) There are \(known).")
            }
            return words
        }
        return HealthSpec(names: names, legibility: legibility)
    }

    private static func legibility(
        _ group: SettingGroup,
        _ problems: inout [ConfigurationProblem]
    ) -> LegibilitySpec {
        typealias Spec = LegibilitySpec
        return Spec(
            height: group.count("height", standard: Spec.standard.height, in: Spec.heightBounds, &problems),
            clarity: group.count("clarity", standard: Spec.standard.clarity, in: Spec.clarityBounds, &problems)
        )
    }

    func expect(_ problems: inout [ConfigurationProblem]) -> ExpectSpec {
        let group = self.settings.group("expect")
        typealias Spec = ExpectSpec
        let bitrate = group.range("bitrate", in: Spec.bitrateBounds, ValueForm.bitrates, &problems) {
            text throws(ValueError) in try BitrateText.parse(text)
        }
        let fps = group.range("fps", in: Spec.fpsBounds, ValueForm.rates, tolerance: Spec.tolerance, &problems) {
            text throws(ValueError) in
            guard let number = DecimalText(text), number.unit.isEmpty else {
                throw ValueError("'\(text)' is not a number; write \(ValueForm.rates.example).")
            }
            return Double(number.millionths) / 1_000_000
        }
        // Written like the others, or without the dots.
        let keyframes = group.read("keyframes", standard: Duration?.none, &problems) { text in
            let most = text.hasPrefix("..") ? String(text.dropFirst(2)) : text
            let duration = try DurationText.parse(most)
            guard Spec.keyframesBounds.contains(duration) else {
                throw ValueError("\(text) is out of bounds; write 100ms to 10m.")
            }
            return duration
        }
        let size = group.read("size", standard: PixelSize?.none, &problems) { text in
            let numbers = text.split { "x×X".contains($0) }.map { Int($0.trimming(" ")) }
            guard numbers.count == 2, let width = numbers[0], let height = numbers[1],
                PixelSize.bounds.contains(width), PixelSize.bounds.contains(height)
            else { throw ValueError("'\(text)' is not a size of pictures; write \(ValueForm.pixels.example).") }
            return PixelSize(width: width, height: height)
        }
        return ExpectSpec(bitrate: bitrate, fps: fps, keyframes: keyframes, size: size)
    }
}

extension SettingGroup {
    /// `LEAST..MOST`, either of which may be left out; one figure alone where it may be off by `tolerance`, a share of it.
    fileprivate func range<Value: Comparable & Hashable & Sendable & Codable>(
        _ key: String,
        in bounds: ClosedRange<Value>,
        _ form: ValueForm,
        tolerance: Double? = nil,
        _ problems: inout [ConfigurationProblem],
        parse: (String) throws(ValueError) -> Value
    ) -> ValueRange<Value>? {
        self.read(key, standard: nil, &problems) { text throws(ValueError) in
            func bounded(_ part: Substring) throws(ValueError) -> Value? {
                let part = part.trimming(" ")
                guard !part.isEmpty else { return nil }
                let value = try parse(part)
                guard bounds.contains(value) else {
                    throw ValueError("\(part) is out of bounds; write \(form.example).")
                }
                return value
            }
            guard let dots = text.firstRange(of: "..") else {
                guard let tolerance, let value = try bounded(text[...]) as? Double else {
                    throw ValueError("'\(text)' is not a range; write \(form.example).")
                }
                let range = ValueRange(least: value * (1 - tolerance), most: value * (1 + tolerance))
                return range as? ValueRange<Value>
            }
            let (least, most) = (try bounded(text[..<dots.lowerBound]), try bounded(text[dots.upperBound...]))
            guard least != nil || most != nil, least.flatMap({ least in most.map { least <= $0 } }) ?? true else {
                throw ValueError("'\(text)' is not a range; write \(form.example).")
            }
            return ValueRange(least: least, most: most)
        }
    }
}

extension StringProtocol {
    fileprivate func trimming(_ character: Character) -> String {
        String(self.drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}
