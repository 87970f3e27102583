import Foundation
import Glibc
import Synchronization
import Toolkit

/// A viewer that calls once, and holds each access unit that it gets against what was sent.
final class OracleViewer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        /// Number of the unit that each track began with, and of the one that comes next.
        var first: [AccessUnit.Track: Int] = [:]
        var next: [AccessUnit.Track: Int] = [:]
        /// When bytes came since somebody last asked.
        var receipts: [ContinuousClock.Instant] = []
        /// What was wrong first; nothing is read behind that.
        var trouble: String?
        var hasEnded = false

        var description: String {
            "\(self.next)\(self.hasEnded ? ", ended" : "") \(self.trouble ?? "")"
        }
    }

    private struct Reading {
        var reader: any UnitReader
        var check: UnitCheck
    }

    let name: String
    let seen = Observed(State())
    private let reading: Mutex<Reading>
    /// Nil where a program has the connection.
    private let socket: Socket?
    private let program: Program?

    private init(_ name: String, _ reader: any UnitReader, _ sent: SentUnits, _ socket: Socket?, _ program: Program?) {
        self.name = name
        self.reading = Mutex(Reading(reader: reader, check: UnitCheck(sent)))
        self.socket = socket
        self.program = program
    }

    deinit {
        self.socket?.hangUp()
    }

    /// On a connection of its own.
    static func open(
        _ name: String,
        _ address: String?,
        _ sent: SentUnits,
        _ reader: some UnitReader
    ) throws -> OracleViewer {
        let socket = try Socket(to: address ?? "")
        let viewer = OracleViewer(name, reader, sent, socket, nil)
        try socket.send(reader.opening)
        socket.follow { [weak viewer] in viewer?.received($0) }
        return viewer
    }

    /// By FLV over TLS, which curl takes off.
    static func secureFLV(_ host: HostUnderTest, _ relay: String, _ sent: SentUnits) throws -> OracleViewer {
        let pipe = host.scratch.file("viewer-\(UUID().uuidString)").path
        guard unsafe mkfifo(pipe, 0o600) == 0 else { throw UnitError("no pipe \(pipe)") }
        let address = "https://\(host.addresses["https"] ?? "")/\(relay)/main.flv"
        let arguments = [
            "--silent", "--show-error", "--insecure", "--http1.1", "--no-buffer", "--include", "--output", pipe,
            address,
        ]
        let program = try Program.start("curl", arguments)
        let viewer = OracleViewer("HTTPS-FLV", HTTPUnitReader("", FLVUnits()), sent, nil, program)
        let thread = Thread { [weak viewer] in
            guard let file = FileHandle(forReadingAtPath: pipe) else { return }
            while true {
                let bytes = file.availableData
                viewer?.received(Array(bytes))
                if bytes.isEmpty || viewer == nil { return }
            }
        }
        thread.name = "curl"
        thread.start()
        return viewer
    }

    private func received(_ bytes: [UInt8]) {
        let now = ContinuousClock.now
        guard !bytes.isEmpty else { return self.seen.change { $0.hasEnded = true } }
        guard self.seen.state.trouble == nil else { return }
        var trouble: String?
        let check = self.reading.withLock { reading in
            do {
                let (units, answer) = try reading.reader.read(bytes)
                if !answer.isEmpty { try self.socket?.send(answer) }
                for unit in units { try reading.check.take(unit) }
            } catch {
                trouble = "\(error)"
            }
            return reading.check
        }
        self.seen.change { [trouble] state in
            state.receipts.append(now)
            (state.first, state.next) = (check.first, check.next)
            state.trouble = trouble
        }
    }

    /// Waits until it has so many pictures of those that were sent, and sound.
    func wait(for number: Int, _ what: String) async throws {
        try await self.seen.wait(for: "\(self.name): picture \(number), \(what)") { state in
            state.trouble != nil || state.hasEnded
                || (state.next[.picture] ?? 0) >= number && state.next[.sound] != nil
        }
    }

    /// What is wrong with what it got, or with its only connection.
    var trouble: String? {
        let state = self.seen.state
        if let trouble = state.trouble { return trouble }
        let isOpen = self.socket?.isEstablished ?? self.program?.isRunning ?? false
        return state.hasEnded || !isOpen ? "its connection was ended" : nil
    }

    /// The longest time without a byte since a moment, and forgets what was before.
    func longestSilence(since began: ContinuousClock.Instant) -> Duration {
        self.seen.change { state in
            let receipts = [began] + state.receipts.filter { $0 > began }
            state.receipts = []
            return zip(receipts, receipts.dropFirst()).map { $1 - $0 }.max() ?? .zero
        }
    }

    /// Access units that it got.
    var count: Int {
        let state = self.seen.state
        return AccessUnit.Track.allCases.map { (state.next[$0] ?? 0) - (state.first[$0] ?? 0) }.reduce(0, +)
    }
}
