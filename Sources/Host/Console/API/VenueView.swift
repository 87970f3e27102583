/// What a venue's screen reports, and what that means. Keys never change; new ones may come.
package struct VenueView: Codable, Hashable, Sendable {
    package var venue: String
    package var state: String
    package var since: String

    /// A code; absent, as ``japanese`` is, in answers of hosts that do not say it.
    package var reason: String?
    package var sentence: String
    package var japanese: String?

    /// Absent before the first report.
    package var reportedAt: String?

    /// Seconds behind the main venue; absent while it shows no picture.
    package var latency: Double?

    /// Seconds of media that lie ready there.
    package var buffer: Double?

    /// Bits a second.
    package var arriving: Double?
    package var resolution: String?
    package var stalls: UInt64
    package var droppedFrames: UInt64
    package var reports: UInt64
}

package struct VenueList: Codable, Hashable, Sendable {
    package var venues: [VenueView]
}
