package import Media
import NIOCore

/// What a source that stands by has sent since its newest keyframe: with that it goes on air at once.
package struct WarmGOP {
    package struct Arrival: Sendable {
        package let event: SourceEvent
        package let at: Now
    }

    /// Bytes that are kept; a longer group of pictures is not, and the next keyframe is waited for.
    static let limit = 8 << 20
    /// Kinds of omissions that are kept.
    private static let omissionLimit = 16

    private var configurations: [TrackID: CodecConfiguration] = [:]
    private var omissions: [MediaOmission] = []
    private var packets: [Arrival] = []
    private var bytes = 0

    /// - Parameter configurations: what is known of a source that was on air: it does not say so again.
    package init(of configurations: [TrackID: CodecConfiguration] = [:]) {
        self.configurations = configurations
    }

    /// Whether a stream can begin with it.
    package var canBegin: Bool { !self.packets.isEmpty }

    package mutating func keep(_ event: SourceEvent, now: Now) {
        switch event {
        case .configuration(let track, let configuration):
            guard self.configurations[track] != configuration else { return }
            self.configurations[track] = configuration
            // What was coded in another way cannot be decoded by what is known now.
            self.forgetPackets()
        case .omission(let omission):
            guard self.omissions.count < Self.omissionLimit, !self.omissions.contains(omission) else { return }
            self.omissions.append(omission)
        case .packet(let packet):
            if packet.isKeyframe, packet.track == self.configurations.keys.min() { self.forgetPackets() }
            guard self.canBegin || packet.isKeyframe && packet.track == self.configurations.keys.min() else { return }
            self.packets.append(Arrival(event: event, at: now))
            self.bytes += event.size
            if self.bytes > Self.limit { self.forgetPackets() }
        }
    }

    /// All of it, in the order in which a stream begins; `now` is when it goes on air.
    package func arrivals(now: Now) -> [Arrival] {
        let since = self.packets.first?.at ?? now
        let configurations = self.configurations.sorted { $0.key < $1.key }
        return configurations.map { Arrival(event: .configuration($0.key, $0.value), at: since) }
            + self.omissions.map { Arrival(event: .omission($0), at: since) } + self.packets
    }

    private mutating func forgetPackets() {
        self.packets = []
        self.bytes = 0
    }
}
