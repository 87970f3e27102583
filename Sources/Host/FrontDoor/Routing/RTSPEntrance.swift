import NIOCore
import Wire

/// Reads an RTSP peer up to the first request that says whom it is for. Requests that name nobody, as `OPTIONS *`, are
/// answered; everything else is kept as it came and answered by the relay.
package struct RTSPEntrance: Sendable {
    package enum Verdict: Hashable, Sendable {
        case more
        /// The peer wants this relay; empty if its address names none.
        case relay(String)
        /// The peer is sent away; ``Step/reply`` tells it why.
        case refuse
    }

    /// Bytes to send now, and then what is known of the peer.
    package struct Step: Hashable, Sendable {
        package var reply: [UInt8] = []
        package var verdict = Verdict.more
    }

    /// What came and was not answered.
    package private(set) var payload: [UInt8] = []

    /// Whether anything came at all.
    package private(set) var isUntouched = true

    private let configuration: RTSPSessionConfiguration

    package init() {
        var configuration = RTSPSessionConfiguration()
        configuration.limits.lineBytes = FrontDoorLimits.requestLine
        configuration.limits.headBytes = FrontDoorLimits.rtspBytes
        configuration.limits.bodyBytes = FrontDoorLimits.rtspBytes
        self.configuration = configuration
    }

    /// Takes what was read.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Step {
        self.isUntouched = self.isUntouched && bytes.isEmpty
        self.payload += bytes
        var step = Step()
        while true {
            let blank = self.payload.prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.count
            self.payload.removeFirst(blank)
            guard let end = self.payload.firstIndex(of: UInt8(ascii: "\n")) else {
                guard self.payload.count > self.configuration.limits.lineBytes else { return step }
                return self.refuse(step)
            }
            let line = String(decoding: self.payload[..<end], as: UTF8.self)
            guard end <= self.configuration.limits.lineBytes, let request = try? RTSPRequestLine(line) else {
                return self.refuse(step)
            }
            let relay = RTSPAddress(request.uri).relay
            guard relay.isEmpty, request.method == .options else {
                step.verdict = .relay(relay)
                return step
            }
            switch self.answer() {
            case .whole(let reply, let length):
                step.reply += reply
                self.payload.removeFirst(length)
            case .more:
                guard self.payload.count > FrontDoorLimits.rtspBytes else { return step }
                return self.refuse(step)
            case .broken: return self.refuse(step)
            }
        }
    }

    private enum Answer {
        case whole([UInt8], length: Int)
        case more
        case broken
    }

    /// Answers the request in front as any server does.
    private func answer() -> Answer {
        var rest = ByteBuffer(bytes: self.payload)
        var decoder = RTSPMessageDecoder(limits: self.configuration.limits)
        do throws(RTSPError) {
            guard try decoder.next(from: &rest) != nil else { return .more }
        } catch {
            return .broken
        }
        let length = self.payload.count - rest.readableBytes
        return .whole(self.bytes(of: ByteBuffer(bytes: self.payload[..<length])), length: length)
    }

    /// What a server says to bytes that no relay sees.
    private func bytes(of request: ByteBuffer) -> [UInt8] {
        var session = RTSPServerSession(configuration: self.configuration, identifier: 0, nonce: 0)
        var bytes: [UInt8] = []
        for case .send(let answer) in session.receive(request) { bytes += answer.readableBytesView }
        return bytes
    }

    private func refuse(_ step: Step) -> Step {
        var step = step
        // The session refuses what it cannot read; a line that goes on for too long it is shown the beginning of.
        step.reply += self.bytes(of: ByteBuffer(bytes: self.payload))
        step.verdict = .refuse
        return step
    }

    /// The answer that sends the peer away with a sentence.
    package func refusal(_ sentence: String) -> [UInt8] {
        var rest = ByteBuffer(bytes: self.payload)
        var decoder = RTSPMessageDecoder(limits: self.configuration.limits)
        var response = RTSPResponse(.notFound, reason: sentence)
        if let message = try? decoder.next(from: &rest), case .request(let request) = message,
            let sequence = request.headers["CSeq"]
        {
            response.headers.add("CSeq", sequence)
        }
        response.headers.add("Connection", "close")
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(response, into: &bytes)
        return Array(bytes.readableBytesView)
    }
}
