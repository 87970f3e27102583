import NIOCore
import Synchronization
import Toolkit
import Wire

/// A viewer that reads all it is sent, and notes what a test wants to know of it.
final class TestViewer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        /// Numbers of ``Mark``s in the order in which they first came.
        var marks: [Int] = []
        var pictures = 0
        var blocks = 0
        var configurations = 0
        /// Times that were earlier than the one before them on the same track.
        var regressions: [String] = []
        var isCut = false
        var bytes = 0
        var trouble: String?
        fileprivate var last: [Int: Int64] = [:]

        var description: String {
            "marks \(self.marks.suffix(5)), \(self.pictures) pictures, \(self.blocks) blocks of sound, "
                + "\(self.bytes) bytes\(self.isCut ? ", cut" : "") \(self.trouble ?? "")"
        }

        mutating func note(_ sight: Sight) {
            switch sight.kind {
            case .picture: self.pictures += 1
            case .sound: self.blocks += 1
            case .configuration: self.configurations += 1
            }
            for mark in sight.marks where self.marks.last != mark { self.marks.append(mark) }
            guard let time = sight.time else { return }
            if let last = self.last[sight.track], time < last {
                self.regressions.append("track \(sight.track): \(time) after \(last)")
            }
            self.last[sight.track] = time
        }
    }

    let name: String
    let seen = Observed(State())
    private let socket: Socket
    private let reader: Mutex<any ViewerReader>

    private init(_ name: String, _ socket: Socket, _ reader: any ViewerReader) throws {
        self.name = name
        self.socket = socket
        self.reader = Mutex(reader)
        try self.socket.send(reader.opening)
        self.socket.follow { [weak self] in self?.received($0) }
    }

    static func rtmp(_ relay: RelayProcess, _ stream: String = "main") throws -> TestViewer {
        let server = relay.addresses["rtmp"] ?? ""
        return try TestViewer("RTMP", Socket(to: server), RTMPReader(server: server, stream: stream))
    }

    static func flv(_ relay: RelayProcess, _ stream: String = "main") throws -> TestViewer {
        let socket = try Socket(to: relay.addresses["http"] ?? "")
        return try TestViewer("FLV", socket, FLVReader(path: "/live/\(stream).flv"))
    }

    static func ts(_ relay: RelayProcess, _ stream: String = "main") throws -> TestViewer {
        let socket = try Socket(to: relay.addresses["http"] ?? "")
        return try TestViewer("TS", socket, TSReader(path: "/live/\(stream).ts"))
    }

    /// Whose bytes are read and not looked at.
    static func mp4(_ relay: RelayProcess, _ stream: String = "main") throws -> TestViewer {
        let socket = try Socket(to: relay.addresses["http"] ?? "")
        return try TestViewer("MP4", socket, BlindReader(path: "/live/\(stream).mp4"))
    }

    func wait(for mark: Int, within deadline: Duration = .seconds(30)) async throws {
        try await self.seen.wait(for: "\(self.name) viewer to see mark \(mark)", within: deadline) { state in
            state.isCut || state.trouble != nil || state.marks.contains(mark)
        }
    }

    /// Says something that no player says.
    func say(_ bytes: [UInt8]) throws { try self.socket.send(bytes) }

    func leave() { self.socket.hangUp() }

    private func received(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            self.seen.change { $0.isCut = true }
            return
        }
        do {
            let (sights, answer) = try self.reader.withLock { reader in try reader.read(bytes) }
            if !answer.isEmpty { try self.socket.send(answer) }
            self.seen.change { state in
                state.bytes += bytes.count
                for sight in sights { state.note(sight) }
            }
        } catch {
            self.seen.change { $0.trouble = "\(error)" }
        }
    }
}

/// What a reader has found.
struct Sight: Sendable {
    enum Kind: Sendable { case picture, sound, configuration }

    var kind: Kind
    var track: Int
    /// Decoding time in the format's own unit.
    var time: Int64?
    var marks: [Int] = []
}

/// Understands one wire format as far as a test needs.
protocol ViewerReader: Sendable {
    /// What to send first.
    var opening: [UInt8] { get }

    /// What is new, and what to answer.
    mutating func read(_ bytes: [UInt8]) throws -> (sights: [Sight], answer: [UInt8])
}

extension Sight {
    init?(_ tag: FLVTag) {
        let bytes = Array(tag.body.readableBytesView.prefix(256))
        if tag.isConfiguration {
            self.init(kind: .configuration, track: Int(tag.kind.rawValue), time: Int64(tag.timestamp))
        } else if tag.isCoded {
            self.init(
                kind: tag.kind == .video ? .picture : .sound,
                track: Int(tag.kind.rawValue),
                time: Int64(tag.timestamp),
                marks: tag.kind == .video ? Mark.all(in: bytes) : []
            )
        } else {
            return nil
        }
    }
}
