/// How one viewer fared.
struct ViewerOutcome: Sendable {
    /// From opening the connection to the first bytes of a keyframe, µs.
    var firstPicture: UInt64?
    /// Bytes received since the viewer came, and those of them within the measuring window.
    var bytes = 0
    var bytesInWindow = 0
    /// How far the stream came within the measuring window, µs of its own time.
    var advanceInWindow: Int64 = 0
    /// The longest time without a byte after the first picture, µs.
    var longestSilence: UInt64 = 0
    var gaps = 0
    var regressions = 0
    /// Why the connection ended before the rehearsal did.
    var end: String?
}

/// How a crowd fared.
struct CrowdOutcome: Sendable {
    var viewers: [ViewerOutcome] = []
    /// From the publisher's sending a picture to a probe's receiving it, µs, within the measuring window.
    var latency = Histogram()
    /// Why the crowd could not go on at all.
    var failure: String?
}
