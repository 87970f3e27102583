import Contract
import Linux
import Logging
import Sessions
import Wire

extension DatagramSession {
    /// Where a source stands between two packets, written down for the process that goes on with it when this one dies.
    struct Standing: Codable, Sendable {
        fileprivate let receiver: RTPReceiver.Standing
        fileprivate let sender: SenderLock.Standing
        /// `address:port` by medium.
        fileprivate let reporters: [Int: String]
        fileprivate let malformed: UInt64
        /// Of MPEG-TS alone.
        fileprivate let transport: Transport?

        fileprivate struct Transport: Codable, Sendable {
            let form: TransportStreamForm
            let reader: TransportStreamReader.Standing
            let bare: BareDatagrams
        }
    }

    /// Nil in the midst of an access unit, and while a packet waits for others.
    var standing: Standing? {
        guard let receiver = self.receiver.standing else { return nil }
        var transport: Standing.Transport?
        if self.isTransportStream {
            guard let form, let reader = self.transport.standing else { return nil }
            transport = Standing.Transport(form: form, reader: reader, bare: self.bare)
        }
        return Standing(
            receiver: receiver,
            sender: self.sender.standing,
            reporters: self.reporters.mapValues { "\($0)" },
            malformed: self.malformed,
            transport: transport
        )
    }

    /// What a stream's source is described as; nil where it has no ports of its own.
    static func description(of source: SourceSpec) -> String? {
        switch source {
        case .rtp(let spec): spec.description
        case .datagrams: Self.transportStreamDescription
        case .publisher, .call: nil
        }
    }

    /// Goes on where another session of the same declaration stood; nil where none can have stood so.
    init?(resuming standing: Standing, _ stream: StreamSpec, timeout: Duration, log: Logger) {
        var onLoss = RTPReceiverConfiguration.OnLoss.pass
        if case .rtp(let spec) = stream.source, spec.onLoss == .hold { onLoss = .hold }
        guard let text = Self.description(of: stream.source), let description = try? SessionDescription(parsing: text),
            let session = try? DatagramSession(stream, timeout: timeout, random: 0, log: log),
            let receiver = RTPReceiver(
                resuming: standing.receiver,
                description,
                configuration: { source in
                    RTPReceiverConfiguration(
                        onLoss: onLoss,
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
        guard session.isTransportStream else { return }
        guard let transport = standing.transport, transport.bare.isPlausible,
            let reader = TransportStreamReader(resuming: transport.reader, log: log)
        else { return nil }
        self.form = transport.form
        self.transport = reader
        self.bare = transport.bare
    }

    /// All that came before is read; the time in which nobody read is no silence of the sender's.
    mutating func endRepeating(now: Int64) { self.bare.endPause(now: now) }
}
