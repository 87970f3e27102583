import Foundation
import Toolkit

/// A player by RTSP that asks for its media by UDP, and says what it likes.
final class DatagramPlayer: @unchecked Sendable {
    // @unchecked: one task uses it.
    struct Ended: Error {}

    private let socket: Socket
    private let base: String
    private var asked = 0
    private var bytes: [UInt8] = []
    /// The session's name.
    private(set) var session: String

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

    /// - Returns: the status of the answer.
    func ask(_ method: String, _ track: String = "", _ header: String? = nil) async throws -> Int? {
        self.asked += 1
        var lines = ["\(method) \(self.base)\(track) RTSP/1.0", "CSeq: \(self.asked)"]
        if !self.session.isEmpty { lines.append("Session: \(self.session)") }
        if let header { lines.append(header) }
        try self.socket.send((lines + ["", ""]).joined(separator: "\r\n"))
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
