import Contract
import Control
import Foundation
import Linux
import NIOCore
import Testing
import Toolkit
import Wire

/// What players say is heard by whoever goes on with them.
@Suite("A relay that goes on with what players by RTMP say to a dead one", .serialized, .timeLimit(.minutes(2)))
struct PlayerSuccessionTests {
    private static func publish(to address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=25", "-c:v", "libx264", "-preset", "ultrafast"]
                + ["-tune", "zerolatency", "-g", "25", "-f", "flv", "rtmp://\(address)/live/main?key=secret"]
        )
    }

    /// Waits until somebody has read so many bytes of each of the viewers' connections.
    private static func wait(_ host: StandInHost, until isRead: ([UInt64]) -> Bool) async throws {
        while true {
            let viewers = host.store.all.filter { $0.0.kind == .connection && $0.0.label.contains("viewer") }
            if isRead(viewers.compactMap { SocketProgress(of: $0.1)?.taken }) { return }
            _ = try await host.beat()
        }
    }

    @Test("Pause, the half of a message, garbage and the end are heard, each by another instance")
    func playersAreHeard() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let rtmp = try host.openRTMP()
        let publisher = try Self.publish(to: rtmp)
        _ = try await host.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let (player, vandal) = (try RTMPPlayer(to: rtmp), try RTMPPlayer(to: rtmp))
        try await player.play()
        try await vandal.play()
        try player.say(RTMPControl.windowAcknowledgementSize(30).message)
        try await player.expect(.acknowledgement)
        try await Self.wait(host) { $0.count == 2 }

        host = try await host.succeed(spec)
        try player.say(RTMPControl.setBufferLength(streamID: 1, milliseconds: 3000).message)
        try player.say(RTMPControl.acknowledgement(100_000).message)
        // As the window asks that was told to the instance before.
        try await player.expect(.acknowledgement)
        try player.ask("pause", true)
        try await player.expect(status: "NetStream.Pause.Notify")
        // The command was longer than the window.
        try await player.expect(.acknowledgement)
        try await player.expectSilence()
        var taken: UInt64 = 0
        try await Self.wait(host) { counts in
            taken = counts.reduce(0, +)
            return counts.count == 2
        }
        let rest = try player.askHalf("pause", false)
        try await Self.wait(host) { $0.reduce(0, +) > taken }

        host = try await host.succeed(spec)
        try player.say(rest)
        try await player.expect(status: "NetStream.Unpause.Notify")
        try await player.expect(.video)

        // A chunk that leans on a header that nobody has sent.
        host = try await host.succeed(spec)
        try vandal.say(ByteBuffer(bytes: [0xD5, 1, 2, 3]))
        try await vandal.expectEnd()
        try await player.expect(.video)
        while try await host.viewers().count != 1 {}
        try player.ask("deleteStream", 1)
        try await player.expectEnd()
        while try await !host.viewers().isEmpty {}
        #expect(publisher.isRunning)
        publisher.kill()
    }
}

/// A player by RTMP over one connection, which says what it likes.
private final class RTMPPlayer {
    struct Ended: Error {}

    /// Messages among which one that is expected comes: seconds of the stream.
    private static let patience = 500

    private let socket: Socket
    private let encoder = RTMPChunkEncoder()
    private var decoder = RTMPChunkDecoder()
    private var bytes = ByteBuffer()
    /// Of the handshake.
    private var skipped = 1 + 2 * 1536

    init(to address: String) throws {
        self.socket = try Socket(to: address)
    }

    func play() async throws {
        try self.say(ByteBuffer(bytes: [3] + [UInt8](repeating: 0, count: 2 * 1536)))
        var connect = RTMPCommand("connect", transaction: 1)
        connect.arguments = [["app": "live", "tcUrl": "rtmp://host/live"]]
        var create = RTMPCommand("createStream", transaction: 2)
        create.arguments = [nil]
        try self.say(connect.message())
        try self.say(create.message())
        try self.ask("play", "main")
        try await self.expect(status: "NetStream.Play.Start")
        try await self.expect(.video)
    }

    func say(_ bytes: ByteBuffer) throws { try self.socket.send(bytes.readableBytesView) }

    func say(_ message: RTMPMessage) throws { try self.say(self.written(message)) }

    func ask(_ name: String, _ argument: AMFValue) throws { try self.say(Self.command(name, argument)) }

    /// - Returns: the other half.
    func askHalf(_ name: String, _ argument: AMFValue) throws -> ByteBuffer {
        var bytes = self.written(Self.command(name, argument))
        guard let half = bytes.readSlice(length: bytes.readableBytes / 2) else { return bytes }
        try self.say(half)
        return bytes
    }

    private static func command(_ name: String, _ argument: AMFValue) -> RTMPMessage {
        var command = RTMPCommand(name)
        command.arguments = [nil, argument]
        return command.message(streamID: 1)
    }

    private func written(_ message: RTMPMessage) -> ByteBuffer {
        var bytes = ByteBuffer()
        self.encoder.write(message, into: &bytes)
        return bytes
    }

    func expect(_ type: RTMPMessageType) async throws {
        for _ in 0..<Self.patience where try await self.next().type == type { return }
        throw Ended()
    }

    func expect(status code: String) async throws {
        for _ in 0..<Self.patience {
            let message = try await self.next()
            guard message.type == .commandAMF0, let command = try RTMPCommand(message, limits: AMFLimits()) else {
                continue
            }
            if command.name == "onStatus", command.argument(0)?.object?["code"]?.string == code { return }
        }
        throw Ended()
    }

    /// Nothing comes for a while.
    func expectSilence() async throws {
        #expect(self.bytes.readableBytes == 0)
        let more = try? await self.socket.receive(within: .milliseconds(400))
        #expect(more == nil, "\(more?.count ?? 0) bytes")
    }

    func expectEnd() async throws {
        await #expect(throws: (any Error).self) { while true { _ = try await self.next() } }
    }

    private func next() async throws -> RTMPMessage {
        while true {
            if self.skipped == 0, let message = try self.decoder.next(from: &self.bytes) { return message }
            let more = try await self.socket.receive()
            guard !more.isEmpty else { throw Ended() }
            self.bytes.writeBytes(more)
            let count = min(self.skipped, self.bytes.readableBytes)
            self.bytes.moveReaderIndex(forwardBy: count)
            self.skipped -= count
        }
    }
}
