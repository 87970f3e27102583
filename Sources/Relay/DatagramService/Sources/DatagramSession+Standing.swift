import Contract
import Linux
import Logging
import Wire

extension DatagramSession {
    /// Where a source by RTP stands between two packets, written down for the process that goes on with it when this one dies.
    struct Standing: Codable, Sendable {
        fileprivate let receiver: RTPReceiver.Standing
        fileprivate let sender: SenderLock.Standing
        /// `address:port` by medium.
        fileprivate let reporters: [Int: String]
        fileprivate let malformed: UInt64
    }

    /// Whether there is ever one to be had: a transport stream is read in parts that nobody writes down.
    var canOutliveProcess: Bool { !self.isTransportStream }

    /// Nil in the midst of an access unit, and while a packet waits for others.
    var standing: Standing? {
        guard self.canOutliveProcess, let receiver = self.receiver.standing else { return nil }
        return Standing(
            receiver: receiver,
            sender: self.sender.standing,
            reporters: self.reporters.mapValues { "\($0)" },
            malformed: self.malformed
        )
    }

    /// Goes on where another session of the same declaration stood; nil where none can have stood so.
    init?(resuming standing: Standing, _ stream: StreamSpec, timeout: Duration, log: Logger) {
        guard case .rtp(let spec) = stream.source, let description = try? SessionDescription(parsing: spec.description),
            let session = try? DatagramSession(stream, timeout: timeout, random: 0, log: log),
            let receiver = RTPReceiver(
                resuming: standing.receiver,
                description,
                configuration: { source in
                    RTPReceiverConfiguration(
                        onLoss: spec.onLoss == .hold ? .hold : .pass,
                        canonicalName: String(source, radix: 36),
                        source: source
                    )
                }
            )
        else { return nil }
        self = session
        self.receiver = receiver
        self.sender.resume(standing.sender)
        self.reporters = standing.reporters.compactMapValues { InternetAddress($0) }
        self.malformed = standing.malformed
        self.form = .realTime
    }
}
