/// Somebody whose answer waits for segments: a playlist is not offered before it can be played.
struct SegmentWaiter: Sendable {
    /// How many may wait on one stream; those above are answered at once, with what there is.
    static let limit = 10_000

    let format: WireFormat
    let count: Int
    let onReady: @Sendable () -> Void
}
