/// What text must be like to be read by an audience. `configs/transponder.yaml` says where the figures come from.
package struct LegibilitySpec: Hashable, Sendable, Codable {
    /// The least height of letters, pixels, however sharp they are.
    package let height: Int

    /// The least ``TextInspection/clarity``.
    package let clarity: Int

    package static let standard = LegibilitySpec(height: 5, clarity: 250)

    package static let heightBounds = 1...100
    package static let clarityBounds = 0...100_000

    package init(height: Int, clarity: Int) {
        self.height = height
        self.clarity = clarity
    }
}

extension TextInspection {
    /// How far strokes stand out, in steps of the coder's quantiser, times the square of the letters' height in pixels: what is
    /// finer than a step is lost, and small letters are nothing but what is fine. Nil where the quantiser is not known.
    package var clarity: Double? {
        guard let quantiser = self.quantiser else { return nil }
        return self.contrast / Self.step(quantiser) * self.height * self.height
    }

    /// What one step of a quantiser is, of 255: twice as much with every six more (ITU-T H.264 section 8.5.9).
    private static func step(_ quantiser: Double) -> Double {
        let whole = quantiser.isFinite ? min(max(quantiser, 0), 51) : 51
        var step = 0.625
        for _ in 0..<Int(whole) / 6 { step *= 2 }
        // Between two doublings it grows evenly enough.
        let rest = whole - Double(Int(whole) / 6 * 6)
        return step * (1 + rest / 6)
    }
}
