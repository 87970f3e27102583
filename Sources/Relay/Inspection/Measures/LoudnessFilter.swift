import Glibc

/// The weighting of ITU-R BS.1770-4 (K): a shelf for what the head does, then a high pass. The coefficients stand there for
/// 48 kHz; for other rates the same analogue filters are made anew.
struct LoudnessFilter: Sendable {
    private struct Section {
        var b0, b1, b2, a1, a2: Double
        var z1 = 0.0
        var z2 = 0.0

        mutating func pass(_ input: Double) -> Double {
            let output = self.b0 * input + self.z1
            self.z1 = self.b1 * input - self.a1 * output + self.z2
            self.z2 = self.b2 * input - self.a2 * output
            return output
        }
    }

    private var shelf: Section
    private var highPass: Section

    init(rate: Int) {
        let rate = Double(max(rate, 8000))
        // De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement", gives the analogue filters.
        let gain = pow(10, 3.999843853973347 / 20)
        let quality = 0.7071752369554196
        let k = tan(.pi * min(1681.974450955533 / rate, 0.49))
        let root = pow(gain, 0.4996667741545416)
        let norm = 1 + k / quality + k * k
        self.shelf = Section(
            b0: (gain + root * k / quality + k * k) / norm,
            b1: 2 * (k * k - gain) / norm,
            b2: (gain - root * k / quality + k * k) / norm,
            a1: 2 * (k * k - 1) / norm,
            a2: (1 - k / quality + k * k) / norm
        )
        let low = tan(.pi * 38.13547087602444 / rate)
        let sharpness = 0.5003270373238773
        let divisor = 1 + low / sharpness + low * low
        self.highPass = Section(
            b0: 1,
            b1: -2,
            b2: 1,
            a1: 2 * (low * low - 1) / divisor,
            a2: (1 - low / sharpness + low * low) / divisor
        )
    }

    mutating func pass(_ sample: Float) -> Double { self.highPass.pass(self.shelf.pass(Double(sample))) }
}
