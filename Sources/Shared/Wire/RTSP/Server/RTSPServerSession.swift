import Encodings
package import NIOCore

/// One client of ours: bytes in, events and bytes out (RFC 2326, and what of RFC 7826 clients of it send).
///
/// The session keeps what it could not read yet, so every read of the socket is handed over whole. After a question
/// (`describe`, `announce`, `setup`, `play`, `record`) it reads on only once it has been answered. One connection has
/// one RTSP session at a time.
package struct RTSPServerSession: Sendable {
    enum State: Sendable {
        /// No session: nothing is set up.
        case idle
        indirect case asked(Question)
        /// Announced, or some tracks set up.
        indirect case ready(Presentation)
        indirect case playing(Presentation, isPaused: Bool)
        indirect case recording(Presentation, isPaused: Bool)
        case closed
    }

    struct Question: Sendable {
        enum Kind: Sendable {
            case describe
            case control(String)
            case announce(Presentation)
            case setup(Presentation, RTSPSetupRequest)
            case play(Presentation)
            case record(Presentation)
        }

        let kind: Kind
        let request: RTSPRequest
        /// Where a refusal leads back to.
        let before: State
    }

    /// What one RTSP session is about.
    struct Presentation: Sendable {
        let address: RTSPAddress
        /// The client sends.
        let records: Bool
        /// Endings of the tracks' addresses, of a description that was announced.
        let controls: [String]?
        /// Payload types of each medium, of a description that was announced.
        private(set) var payloadTypes: [Set<UInt8>] = []
        /// The address of the whole as the client writes it, without a query.
        let base: String
        var setups: [Int: RTSPTransport] = [:]
        /// Which packets come on which channel.
        var channels: [UInt8: Channel] = [:] {
            didSet { self.channelSet = RTSPChannelSet(self.channels.keys) }
        }
        private(set) var channelSet = RTSPChannelSet()
        /// Tracks that were set up before the client paused. Another transport for one of them ends those of the others.
        var former: Set<Int> = []

        /// `uri` is the address as it came, of the whole or of one of its tracks.
        init(_ address: RTSPAddress, records: Bool, controls: [String]?, uri: String) {
            self.address = address
            self.records = records
            self.controls = controls
            var base = uri.halves(at: "?").before
            if address.media != nil, let slash = base.utf8.lastIndex(of: UInt8(ascii: "/")) { base = base[..<slash] }
            while let shorter = base.without(suffix: "/") { base = shorter }
            self.base = String(base)
        }

        func with(controls: [String], payloadTypes: [Set<UInt8>]) -> Presentation {
            var presentation = Presentation(self.address, records: self.records, controls: controls, uri: self.base)
            presentation.payloadTypes = payloadTypes
            return presentation
        }

        /// Payload types of each channel of RTP, as far as they are known.
        var expectedTypes: [UInt8: Set<UInt8>] {
            self.channels.filter { !$0.value.isRTCP && self.payloadTypes.indices.contains($0.value.media) }
                .mapValues { self.payloadTypes[$0.media] }
        }
    }

    struct Channel: Hashable, Sendable, Codable {
        let media: Int
        let isRTCP: Bool
    }

    /// Whether a question waits for its answer: until then nothing more is read, and nothing more need come.
    package var isAsking: Bool {
        if case .asked = self.state { true } else { false }
    }

    /// Whether the peer records, and has said that it sends nothing for now.
    package var hasPausedRecording: Bool {
        if case .recording(_, isPaused: true) = self.state { true } else { false }
    }

    let configuration: RTSPSessionConfiguration
    let nonce: String
    var state = State.idle
    var decoder: RTSPMessageDecoder
    /// RTSP sessions that this connection had.
    var generation: UInt64 = 0
    var refusals = 0
    let identifier: UInt64

    /// Bytes between interleaved frames that belong to no message, and how often some stood there.
    package var strayBytes: UInt64 { self.decoder.strayBytes }
    package var strayRuns: UInt64 { self.decoder.strayRuns }

    /// Interleaved frames of channels that are not set up, or that came when nothing was being recorded.
    package internal(set) var unknownFrames: UInt64 = 0

    /// Bytes that came and were not read: the beginning of a message, or all that came after a question.
    var unread = ByteBuffer()

    /// Both are random numbers, others for each connection: the one names the RTSP session, which nobody else may guess,
    /// the other is what clients sign with their password.
    package init(configuration: RTSPSessionConfiguration, identifier: UInt64, nonce: UInt64) {
        self.configuration = configuration
        self.identifier = identifier
        self.nonce = Self.hexadecimal(nonce)
        self.decoder = RTSPMessageDecoder(limits: configuration.limits)
    }

    /// One that stood so in another process.
    init(
        _ state: State,
        _ decoder: RTSPMessageDecoder,
        configuration: RTSPSessionConfiguration,
        identifier: UInt64,
        nonce: UInt64
    ) {
        self.init(configuration: configuration, identifier: identifier, nonce: nonce)
        self.state = state
        self.decoder = decoder
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        Hexadecimal.encode(number)
    }

    /// The name of the RTSP session, if there is one.
    package var sessionName: String { Self.hexadecimal(self.identifier &+ self.generation) }

    /// How each track that was set up travels, by its place in the description.
    package var setups: [Int: RTSPTransport] { self.presentation?.setups ?? [:] }

    /// The address of all tracks together as the client writes it, without a query.
    package var base: String? { self.presentation?.base }

    var presentation: Presentation? {
        switch self.state {
        case .ready(let presentation), .playing(let presentation, _), .recording(let presentation, _): presentation
        case .asked(let question):
            switch question.kind {
            case .describe, .control: nil
            case .announce(let presentation), .setup(let presentation, _), .play(let presentation),
                .record(let presentation):
                presentation
            }
        case .idle, .closed: nil
        }
    }

    /// Takes the bytes of a read and says what they mean.
    package mutating func receive(_ bytes: ByteBuffer) -> [RTSPServerEvent] {
        var output = RTSPServerOutput()
        self.read(bytes, into: &output)
        return output.events
    }

    /// Takes the bytes of a read and says what the first message means, and without any what the next one does.
    ///
    /// - Returns: nil once more bytes or an answer are wanted first. All that was returned by then is what ``receive(_:)`` would
    ///   have said.
    package mutating func receiveNext(_ bytes: ByteBuffer = ByteBuffer()) -> [RTSPServerEvent]? {
        var output = RTSPServerOutput()
        if case .asked = self.state {
            self.keep(bytes, into: &output)
            let events = output.events
            return events.isEmpty ? nil : events
        }
        var all = self.unread
        self.unread = ByteBuffer()
        all.writeImmutableBuffer(bytes)
        let hasRead = self.step(&all, into: &output)
        if hasRead {
            self.unread = all
            return output.events
        }
        self.keep(all, into: &output)
        return nil
    }

    // MARK: - Reading

    mutating func read(_ new: ByteBuffer, into output: inout RTSPServerOutput) {
        if case .asked = self.state { return self.keep(new, into: &output) }
        guard self.unread.readableBytes > 0 else {
            var bytes = new
            while self.step(&bytes, into: &output) {}
            return self.keep(bytes, into: &output)
        }
        self.unread.writeImmutableBuffer(new)
        var bytes = self.unread
        self.unread = ByteBuffer()
        let before = bytes.readerIndex
        while self.step(&bytes, into: &output) {}
        guard bytes.readerIndex == before else { return self.keep(bytes, into: &output) }
        // Nothing of it was read yet: kept as it is, or each piece of a long message would have all before it copied.
        self.unread = bytes
    }

    /// Reads one message. False where more bytes or an answer are wanted first.
    private mutating func step(_ bytes: inout ByteBuffer, into output: inout RTSPServerOutput) -> Bool {
        switch self.state {
        case .asked: return false
        case .closed:
            bytes.clear()
            return false
        case .idle, .ready, .playing, .recording: break
        }
        do throws(RTSPError) {
            let channels = self.presentation?.channelSet ?? RTSPChannelSet()
            switch try self.decoder.next(from: &bytes, among: channels) {
            case nil: return false
            case .request(let request): self.obey(request, into: &output)
            // What a client answers was not asked here.
            case .response: break
            case .interleaved(let frame): self.take(frame, into: &output)
            }
        } catch {
            self.fail(error, into: &output)
        }
        return true
    }

    private mutating func take(_ frame: RTSPFrame, into output: inout RTSPServerOutput) {
        guard case .recording(let presentation, _) = self.state, let channel = presentation.channels[frame.channel]
        else {
            // A viewer's receiver reports are frames too.
            if case .playing = self.state { return }
            self.unknownFrames += 1
            return
        }
        output.append(
            .packet(RTSPPacket(media: channel.media, isRTCP: channel.isRTCP, payload: frame.payload))
        )
    }

    private mutating func keep(_ bytes: ByteBuffer, into output: inout RTSPServerOutput) {
        guard bytes.readableBytes > 0 else { return }
        if case .closed = self.state { return }
        if case .asked = self.state {
            let limit = self.configuration.limits.undecidedBytes
            guard self.unread.readableBytes + bytes.readableBytes <= limit else {
                return self.fail(
                    RTSPError(.tooManyUndecidedBytes(limit: limit), at: self.decoder.offset),
                    into: &output
                )
            }
        }
        // A copy, so that a message's first bytes do not hold a whole read.
        self.unread.writeImmutableBuffer(bytes)
    }

    /// Says why the connection cannot go on.
    mutating func fail(_ error: RTSPError, into output: inout RTSPServerOutput) {
        var response = RTSPResponse(error.status)
        response.headers.add("Server", self.configuration.server)
        response.headers.add("Connection", "close")
        output.send(response)
        self.state = .closed
        self.unread = ByteBuffer()
        output.append(.close(error))
    }
}
