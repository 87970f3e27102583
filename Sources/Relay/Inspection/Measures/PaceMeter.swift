/// How fast media comes against the clock. A burst after a stall, and what a source sends at once when it begins, are not
/// taken for a pace: only what every one of several spans of time says counts.
package struct PaceMeter: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var at: Int64
        var media: Int64
    }

    /// How long one span is, µs, and how many must say the same.
    private static let span: Int64 = 4_000_000
    private static let spans = 4
    private static let mostLooks = 128
    /// A clock that jumps further says nothing, µs.
    private static let most: Int64 = 3_600_000_000

    private var looks: [Look] = []

    package init() {}

    /// Notes how far the media has come, µs on the stream's clock, at an instant.
    package mutating func note(media: Int64, at now: Int64) {
        if let last = self.looks.last {
            let (moved, overflow) = media.subtractingReportingOverflow(last.media)
            guard now > last.at else { return }
            // Who did not look for a while does not know when media came meanwhile.
            if overflow || moved < 0 || moved > Self.most || now &- last.at > Self.span { self.looks = [] }
        }
        self.looks.append(Look(at: now, media: media))
        let kept = Self.span * Int64(Self.spans + 1)
        self.looks.removeAll { now &- $0.at > kept }
        if self.looks.count > Self.mostLooks { self.looks.removeFirst() }
    }

    package mutating func forget() { self.looks = [] }

    /// Seconds of media in each second: of the spans that is nearest to 1 where all lie to one side of it, and 1 where they do
    /// not; nil while too little is known.
    package var pace: Double? {
        guard var end = self.looks.last else { return nil }
        var paces: [Double] = []
        for look in self.looks.reversed() where end.at &- look.at >= Self.span {
            paces.append(Double(end.media &- look.media) / Double(end.at &- look.at))
            end = look
            if paces.count == Self.spans { break }
        }
        guard paces.count == Self.spans, let least = paces.min(), let most = paces.max() else { return nil }
        return least > 1 ? least : most < 1 ? most : 1
    }
}
