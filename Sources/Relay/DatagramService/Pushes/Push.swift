import Contract
import Fanout
import Linux
import Sessions
import Streams
import Wire

/// One destination of one stream on its way: nothing yet, sockets being asked for, sending, or waiting to try again.
struct Push {
    enum State {
        /// Until µs, monotonic; nil: it has not been tried yet.
        case waiting(until: Int64?)
        case opening
        case sending(ViewerID)
    }

    /// Which of a stream's destinations.
    struct Key: Hashable, Sendable {
        let stream: StreamName
        let name: DestinationName
    }

    /// How long until one that could not be begun, or ended, is tried again, µs.
    static let pause: Int64 = 1_000_000

    let spec: PushSpec
    var state = State.waiting(until: nil)
    /// Tells what an earlier attempt of the same destination says from what the present one does.
    var attempt: UInt64 = 0
    /// Why it could not be begun the last time.
    var trouble: String?
    /// The same for health, and when it was begun to be sent to, µs monotonic.
    var cause: DestinationTrouble?
    var sendingSince: Int64?
    var failures: UInt64 = 0
    /// Bytes that former attempts have sent.
    var sent: UInt64 = 0

    init(_ spec: PushSpec) {
        self.spec = spec
    }

    /// Whether its time to be tried has come.
    func isDue(_ now: Int64) -> Bool {
        if case .waiting(let until) = self.state { until.map { $0 <= now } ?? true } else { false }
    }
}

extension PushSpec {
    /// How viewers of its kind are counted; nil for what is not sent in datagrams of ours.
    var viewers: ViewerProtocol? {
        switch self.to.scheme {
        case .udp: .udp
        case .rtp: .rtp
        case .srt: nil
        }
    }

    var format: WireFormat { self.to.isByTrack ? .rtp : .ts }

    /// Where which bytes of the tape go, by sockets for its ports from the first up. The path names the stream.
    func framing(_ first: HeldDescriptor, of sockets: [HeldDescriptor], for path: StreamPath) -> DatagramViewer.Framing
    {
        guard !self.to.isByTrack else { return .channels(by: sockets) }
        return .transportStream(
            first,
            source: self.to.scheme == .rtp ? self.source(of: path) : nil,
            reports: sockets.count > 1 ? sockets[1] : nil
        )
    }

    /// The source that MPEG-TS in RTP is of: the same for every relay that sends it there, and later too.
    private func source(of path: StreamPath) -> UInt32 {
        UInt32(truncatingIfNeeded: RTPSeed.of("\(path) \(self.name)"))
    }
}
