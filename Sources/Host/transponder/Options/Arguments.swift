internal import ArgumentParser

/// `250ms`, `2s`, `1.5m`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let seconds: Double

    init(seconds: Double) {
        self.seconds = seconds
    }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("", 1)]
        for (unit, scale) in units where argument.hasSuffix(unit) {
            guard let value = Double(argument.dropLast(unit.count)) else { continue }
            guard value >= 0, value < 1e6 else { return nil }
            self.seconds = value * scale
            return
        }
        return nil
    }

    var duration: Duration { .milliseconds(Int64((self.seconds * 1000).rounded())) }
    var description: String { self.seconds < 1 ? "\(Int(self.seconds * 1000))ms" : "\(Int(self.seconds))s" }
    var defaultValueDescription: String { self.description }
}

/// `2M`, `500k`, `2500000`: bits a second.
struct BitRate: ExpressibleByArgument, CustomStringConvertible {
    let bitsPerSecond: Int

    init(bitsPerSecond: Int) {
        self.bitsPerSecond = bitsPerSecond
    }

    init?(argument: String) {
        let scales: [Character: Double] = ["k": 1000, "K": 1000, "m": 1_000_000, "M": 1_000_000]
        let scale = argument.last.flatMap { scales[$0] }
        guard let value = Double(scale == nil ? argument[...] : argument.dropLast()) else { return nil }
        guard value > 0, value * (scale ?? 1) <= 1e9 else { return nil }
        self.bitsPerSecond = Int(value * (scale ?? 1))
    }

    var description: String { "\(self.bitsPerSecond / 1000)k" }
    var defaultValueDescription: String { self.description }
}

/// `640x360`.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
    let width: Int
    let height: Int

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    init?(argument: String) {
        let parts = argument.split(separator: "x").compactMap { Int($0) }
        // Macroblocks are coded in pairs of chroma samples, so the numbers are even.
        guard parts.count == 2, parts.allSatisfy({ (16...4096).contains($0) && $0 % 2 == 0 }) else { return nil }
        (self.width, self.height) = (parts[0], parts[1])
    }

    var description: String { "\(self.width)x\(self.height)" }
    var defaultValueDescription: String { self.description }
}
