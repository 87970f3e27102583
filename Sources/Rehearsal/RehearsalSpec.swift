/// What is to be rehearsed.
package struct RehearsalSpec: Sendable {
    /// What is published, and where; nil where the stream is there already.
    package struct Publication: Sendable {
        package var address: StreamAddress
        package var source: any PublishSource

        package init(address: StreamAddress, source: any PublishSource) {
            self.address = address
            self.source = source
        }
    }

    package var publication: Publication?
    /// Where it is played; the viewers are divided among them.
    package var plays: [StreamAddress]
    package var viewers = 100
    /// Viewers that join in a second.
    package var ramp = 200
    /// How many viewers measure latency.
    package var probes = 20
    /// How long the stream is waited for.
    package var joinTimeout = Duration.seconds(10)
    /// Between the last viewer's first picture and the measuring window.
    package var settle = Duration.seconds(3)
    /// The measuring window.
    package var duration = Duration.seconds(10)
    /// The longest step between two timestamps of a track that is not a gap.
    package var gap = Duration.milliseconds(500)
    /// The server's processes; their children are measured with them.
    package var processes: [Int] = []

    package init(publication: Publication?, plays: [StreamAddress]) {
        self.publication = publication
        self.plays = plays
    }
}
