import Foundation
import Linux
import Toolkit

/// A player or a publisher by RTSP whose media goes by UDP, and which says what it likes.
final class DatagramPlayer: @unchecked Sendable {
    // @unchecked: one task uses it.
    struct Ended: Error {}

    private let socket: Socket
    private let base: String
    private var asked = 0
    private var bytes: [UInt8] = []
    /// The session's name.
    private(set) var session: String
    /// Where each track that was set up is sent to.
    private(set) var serverPorts: [UInt16] = []

    init(to address: String, session: String = "") throws {
        self.socket = try Socket(to: address)
        self.base = "rtsp://\(address)/live/main"
        self.session = session
    }

    /// Plays tracks at pairs of ports.
    func play(_ ports: [UInt16]) async throws {
        guard try await self.ask("DESCRIBE") == 200 else { throw Ended() }
        for track in 0..<ports.count / 2 {
            let transport = "Transport: RTP/AVP;unicast;client_port=\(ports[2 * track])-\(ports[2 * track + 1])"
            guard try await self.ask("SETUP", "/trackID=\(track)", transport) == 200 else { throw Ended() }
        }
        guard try await self.ask("PLAY") == 200 else { throw Ended() }
    }

    /// Begins to publish a sound by G.711, reports on which it hears at a port.
    ///
    /// - Returns: by what its packets go to the relay.
    func record(reportsAt port: UInt16) async throws -> HeldDescriptor {
        let description =
            ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 0 RTP/AVP 0", "a=control:streamid=0", ""]
            .joined(separator: "\r\n")
        let type = "Content-Type: application/sdp"
        guard try await self.ask("ANNOUNCE", "?key=secret", type, body: description) == 200 else { throw Ended() }
        let transport = "Transport: RTP/AVP;unicast;client_port=\(port - 1)-\(port);mode=record"
        guard try await self.ask("SETUP", "/streamid=0", transport) == 200,
            try await self.ask("RECORD") == 200, let server = self.serverPorts.last
        else { throw Ended() }
        return HeldDescriptor(try UDPSocket.connect(to: InternetAddress(.loopbackV4, port: server)))
    }

    /// A packet of that sound, 20 ms long, which is known by its bytes.
    static func sound(_ number: UInt32) -> [UInt8] {
        var packet: [UInt8] = [0x80, 0, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: (number &* 160) >> shift)) }
        let mark = (0..<160).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0 % 2))) }
        return packet + [0, 0, 0, 7] + mark
    }

    /// - Returns: the status of the answer.
    func ask(_ method: String, _ track: String = "", _ header: String? = nil, body: String = "") async throws -> Int? {
        self.asked += 1
        var lines = ["\(method) \(self.base)\(track) RTSP/1.0", "CSeq: \(self.asked)"]
        if !self.session.isEmpty { lines.append("Session: \(self.session)") }
        if let header { lines.append(header) }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        try self.socket.send((lines + ["", ""]).joined(separator: "\r\n") + body)
        return try await self.answer()
    }

    func hangUp() { self.socket.hangUp() }

    private func answer() async throws -> Int? {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") { text += try await self.read(1) }
        let lines = text.components(separatedBy: "\r\n")
        guard lines.contains("CSeq: \(self.asked)") else { throw Ended() }
        func header(_ name: String) -> String? {
            lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
        }
        if let length = header("Content-Length").flatMap({ Int($0) }) { _ = try await self.read(length) }
        let ports = header("Transport")?.split(separator: ";").first { $0.hasPrefix("server_port=") }
        if let port = ports?.dropFirst(12).split(separator: "-").first.flatMap({ UInt16($0) }) {
            self.serverPorts.append(port)
        }
        if let session = header("Session") { self.session = String(session.prefix { $0 != ";" }) }
        return lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    private func read(_ count: Int) async throws -> String {
        while self.bytes.count < count {
            let more = try await self.socket.receive()
            guard !more.isEmpty else { throw Ended() }
            self.bytes += more
        }
        defer { self.bytes.removeFirst(count) }
        return String(decoding: self.bytes.prefix(count), as: UTF8.self)
    }
}
