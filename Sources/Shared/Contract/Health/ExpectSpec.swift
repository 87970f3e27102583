/// What a stream has to be like whatever is usual for it. Nothing is refused for it: health says what is not so.
package struct ExpectSpec: Hashable, Sendable, Codable {
    /// Of picture and sound together, bits a second.
    package let bitrate: ValueRange<Int>?

    /// Pictures a second.
    package let fps: ValueRange<Double>?

    /// The longest time from one keyframe to the next.
    package let keyframes: Duration?

    package let size: PixelSize?

    package static let nothing = ExpectSpec()

    package init(
        bitrate: ValueRange<Int>? = nil,
        fps: ValueRange<Double>? = nil,
        keyframes: Duration? = nil,
        size: PixelSize? = nil
    ) {
        self.bitrate = bitrate
        self.fps = fps
        self.keyframes = keyframes
        self.size = size
    }

    /// The same, and where nothing is said, what `other` says.
    package func completed(by other: ExpectSpec) -> ExpectSpec {
        ExpectSpec(
            bitrate: self.bitrate ?? other.bitrate,
            fps: self.fps ?? other.fps,
            keyframes: self.keyframes ?? other.keyframes,
            size: self.size ?? other.size
        )
    }

    package static let bitrateBounds = 1000...1_000_000_000
    package static let fpsBounds = 0.1...1000.0
    package static let keyframesBounds = Duration.milliseconds(100)...Duration.seconds(600)

    /// How far a rate that is written as one figure may be off, as a share of it.
    package static let tolerance = 0.1
}

/// Values from a least to a most, either of which may be open.
package struct ValueRange<Value: Comparable & Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    package let least: Value?
    package let most: Value?

    package init(least: Value? = nil, most: Value? = nil) {
        self.least = least
        self.most = most
    }
}

/// Pixels.
package struct PixelSize: Hashable, Sendable, Codable, CustomStringConvertible {
    package let width: Int
    package let height: Int

    package static let bounds = 16...16384

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package var description: String { "\(self.width)×\(self.height)" }
}
