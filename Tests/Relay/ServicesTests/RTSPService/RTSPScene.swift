import Contract
import Linux
import Logging
import NIOCore
import RelayServer
import Sessions
import Streams
import Synchronization
import Testing
import Toolkit

/// A whole relay that speaks RTSP and whose clock is set by hand.
struct RTSPScene {
    final class HandClock: Sendable {
        private let seconds = Mutex(Int64(1000))

        func read() -> Now {
            let seconds = self.seconds.withLock { $0 }
            return Now(monotonic: seconds * 1_000_000, wall: seconds * 1_000_000)
        }

        func advance(_ seconds: Int64) { self.seconds.withLock { $0 += seconds } }
    }

    let clock = HandClock()
    /// Two for the relay, and those behind for viewers.
    let ports: [UInt16]
    let server: RelayServer
    /// What the relay has logged: it logs whatever changes who is watching, after it has changed.
    let lines = Observed<[String]>([])

    private struct KeptLog: LogHandler {
        private let lines: Observed<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(_ lines: Observed<[String]>) {
            self.lines = lines
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.message) \(self.metadata) \(event.metadata ?? [:])"
            self.lines.change { $0.append(line) }
        }
    }

    init(viewers: Int = 100) throws {
        try self.init(
            RelaySpec(name: RelayName("live"), publishKey: Secret("key"), limits: LimitsSpec(viewers: viewers))
        )
    }

    init(_ spec: RelaySpec) throws {
        self.ports = try FreePorts.take(6)
        var launch = try RelayServer.Launch(
            spec: spec,
            listen: ListenSpec(rtsp: ListenAddress("127.0.0.1:0"), udp: PortRange(first: ports[0], last: ports[1])),
            threads: 1,
            log: Logger(label: "test") { [lines] _ in KeptLog(lines) }
        )
        launch.clock = self.clock.read
        // A machine that is busy with other tests keeps the two of them waiting.
        launch.deadlines.decision = .hours(1)
        launch.deadlines.silence = .hours(1)
        launch.deadlines.description = .hours(1)
        self.server = try RelayServer(launch)
    }

    var address: ListenAddress {
        get throws { try #require(self.server.listening.rtsp) }
    }

    var viewers: Int { self.server.snapshot(now: self.clock.read()).streams.first?.viewers ?? 0 }

    /// Waits for what comes by itself, turn by turn of the relay: what is logged may be counted a moment later.
    func until(_ isTrue: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try !isTrue() {
            try #require(ContinuousClock.now < deadline, "\(self.lines.state)")
            try await self.settle(turns: 1)
        }
    }

    /// Waits until the relay has read what was on its way to it. It has one event loop: what had come before the first of two
    /// questions was read, at the latest, in the same turn, and the second is answered in a later one.
    func settle(turns: Int = 2) async throws {
        let client = try Client(self.address)
        for _ in 0..<turns { #expect(try await client.ask("OPTIONS").hasPrefix("RTSP/1.0 200")) }
    }

    /// An RTSP client, answer by answer.
    final class Client {
        let socket: Socket
        private var number = 0
        private let base: String

        init(_ address: ListenAddress, from own: String? = nil, stream: String = "main") throws {
            self.base = "rtsp://relay/live/\(stream)"
            self.socket = try Socket(to: address.description, from: own)
        }

        /// The status line and the headers of what a request is answered.
        func ask(_ method: String, _ track: String = "", _ headers: [String] = [], body: String = "") async throws
            -> String
        {
            try self.say(method, track, headers, body: body)
            return try await self.answer()
        }

        func say(_ method: String, _ track: String = "", _ headers: [String] = [], body: String = "") throws {
            self.number += 1
            let lines = ["\(method) \(self.base)\(track) RTSP/1.0", "CSeq: \(self.number)"] + headers
            let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
            try self.socket.send(lines.joined(separator: "\r\n") + "\r\n" + length + "\r\n" + body)
        }

        /// The head of the next answer, and the bytes that came with it.
        func answer() async throws -> String {
            var answer = ""
            while !answer.contains("\r\n\r\n") {
                let bytes = try await self.socket.receive()
                guard !bytes.isEmpty else { return answer }
                answer += String(decoding: bytes, as: UTF8.self)
            }
            return answer
        }
    }

    /// Sound by G.711, of which every packet is a unit.
    static func publish(at address: ListenAddress, stream: String = "main") async throws -> Client {
        let client = try Client(address, stream: stream)
        let description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n"
        let announced = try await client.ask(
            "ANNOUNCE",
            "?key=key",
            ["Content-Type: application/sdp"],
            body: description
        )
        #expect(announced.hasPrefix("RTSP/1.0 200"), "\(announced)")
        let request = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"]
        #expect(try await client.ask("SETUP", "/x", request).hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("RECORD").hasPrefix("RTSP/1.0 200"))
        try await self.send(0..<200, to: client)
        return client
    }

    /// Has a publisher send packets of 20 ms.
    static func send(_ numbers: Range<Int>, to publisher: Client) async throws {
        var bytes = ByteBuffer()
        for number in numbers {
            bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(172), UInt16(0x8000), UInt16(number))
            bytes.writeMultipleIntegers(UInt32(number * 160), UInt32(7))
            bytes.writeRepeatingByte(0xFF, count: 160)
        }
        try publisher.socket.send(bytes.readableBytesView)
    }
}
