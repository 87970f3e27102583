package struct HLSSpec: Hashable, Sendable {
    /// The wanted length of a segment. A segment ends at the first keyframe after it, so the encoder's keyframe
    /// interval may make it longer.
    package let segment: Duration

    package static let segmentBounds = Duration.milliseconds(500)...Duration.seconds(10)

    package static let standard = HLSSpec(unchecked: .seconds(2))

    package init(segment: Duration) throws(SpecError) {
        try SpecError.check(segment, in: Self.segmentBounds, "hls", "segment")
        self.segment = segment
    }

    private init(unchecked segment: Duration) {
        self.segment = segment
    }
}

extension HLSSpec: Codable {
    private enum CodingKeys: CodingKey { case segment }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(segment: values.decode(Duration.self, forKey: .segment))
    }
}
