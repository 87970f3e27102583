import NIOCore
import Wire

/// The first byte says how, the rest is what a client sends: the session read whole and in pieces must tell the same.
enum RTSPFuzz {
    private struct Options {
        let hasSmallLimits: Bool
        let refuses: Bool
        /// Two tracks of any description are known by these names.
        let controls: [String]
        let piece: Int

        init(_ byte: UInt8) {
            self.hasSmallLimits = byte & 1 != 0
            self.refuses = byte & 2 != 0
            self.controls = byte & 4 != 0 ? ["streamid=0", "streamid=1"] : ["", "rtsp://h/live/main/track"]
            self.piece = [1, 2, 3, 5, 16, 64, 129, 1000][Int(byte >> 5)]
        }

        var configuration: RTSPSessionConfiguration {
            var configuration = RTSPSessionConfiguration()
            guard self.hasSmallLimits else { return configuration }
            configuration.limits.lineBytes = 100
            configuration.limits.headers = 4
            configuration.limits.headBytes = 200
            configuration.limits.bodyBytes = 50
            configuration.limits.tracks = 1
            configuration.limits.transports = 2
            configuration.limits.refusals = 2
            return configuration
        }
    }

    private struct Server {
        var session: RTSPServerSession
        let options: Options
        var bytes = ByteBuffer()
        var story: [RTSPServerEvent] = []

        init(_ options: Options) {
            self.options = options
            self.session = RTSPServerSession(configuration: options.configuration, identifier: 1, nonce: 2)
        }

        mutating func receive(_ bytes: ByteBuffer) { self.perform(self.session.receive(bytes)) }

        /// Questions come last, and their answers bring more: a loop, because a client may ask on and on.
        private mutating func perform(_ events: [RTSPServerEvent]) {
            var events = events
            while let last = events.last {
                for event in events {
                    if case .send(let bytes) = event {
                        self.bytes.writeImmutableBuffer(bytes)
                    } else {
                        self.story.append(event)
                    }
                }
                events = self.answer(last)
            }
        }

        private mutating func answer(_ event: RTSPServerEvent) -> [RTSPServerEvent] {
            switch event {
            case .describe(let request): _ = request.credentials?.show(password: "password")
            case .announce, .setup, .play, .record, .control: break
            case .send, .packet, .pause, .teardown, .close: return []
            }
            if self.options.refuses, self.story.count.isMultiple(of: 3) {
                return self.session.refuse(RTSPRefusal(.unauthorized, "No."))
            }
            switch event {
            case .describe: return self.session.acceptDescribe("v=0\r\n")
            case .announce: return self.session.acceptAnnounce(controls: self.options.controls)
            case .setup(let setup):
                var transport = setup.offers[0]
                transport.interleaved = self.session.channels(for: setup, offer: transport)
                return self.session.acceptSetup(transport)
            case .play: return self.session.acceptPlay()
            case .record: return self.session.acceptRecord()
            case .control(let request):
                let isKnown = request.session.utf8.count.isMultiple(of: 2)
                return isKnown ? self.session.acceptControl() : self.session.denyControl()
            case .send, .packet, .pause, .teardown, .close: return []
            }
        }
    }

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        let options = Options(first)
        var whole = Server(options)
        whole.receive(input)
        var pieces = Server(options)
        while input.readableBytes > 0, let piece = input.readSlice(length: min(options.piece, input.readableBytes)) {
            pieces.receive(piece)
        }
        precondition(whole.story == pieces.story, "a conversation cut in pieces tells another story")
        precondition(whole.bytes == pieces.bytes, "a conversation cut in pieces is answered otherwise")
    }
}
