import Foundation
import Glibc
import Testing
import Toolkit

extension TruthTableTests {
    /// What makes a fault.
    enum Cause: Sendable {
        /// The encoder's own filters.
        case coding
        /// Tags of the encoder are changed on their way.
        case tags(FilteredEncoder.Filter)
        /// The encoder stands still while its connection stays, and goes on.
        case halt
        /// The encoder is killed, and another is started when the fault is to end.
        case death
        /// The encoder is killed and started again three times.
        case deaths
        /// The encoder is killed, and comes back without its sound.
        case returnWithoutSound
        /// Encoders with the right key take over from one another.
        case rivals
        /// Another encoder tries to publish there with a wrong key.
        case wrongKey
        /// Viewers who never read.
        case sleepers
        /// A viewer who asks for this file of the stream, and again, until the fault is to end.
        case question(String)
        /// A destination at this port, which begins to listen when the fault is to end.
        case destination(UInt16)
    }

    /// An encoder and what is done to it in the course of time.
    struct Stage: ~Copyable {
        private let row: Row
        private let relay: RelayProcess
        private var encoder: Program?
        private var filtered: FilteredEncoder?
        private var others: [Program] = []
        private var sleepers: [Socket] = []
        private var question: Task<Void, Never>?
        private var done = 0

        init(_ row: Row, on relay: RelayProcess) throws {
            self.row = row
            self.relay = relay
            if case .tags(let filter) = row.cause {
                self.filtered = try FilteredEncoder(relay, row.stream, Self.arguments(row), filter)
            } else {
                self.encoder = try Self.publish(row, to: relay)
            }
        }

        deinit {
            self.question?.cancel()
            for program in [self.encoder].compactMap(\.self) + self.others { program.kill() }
        }

        /// Of the process that encodes now; nil while there is none.
        var encoding: pid_t? { self.encoder?.pid ?? self.filtered?.pid }

        /// Does what is due at a time, s; once each.
        mutating func advance(to time: Double) throws {
            let steps = self.steps
            while self.done < steps.count, steps[self.done].time <= time {
                let step = steps[self.done].step
                self.done += 1
                try self.take(step)
            }
        }

        private enum Step {
            case halt, goOn, kill, start, startWithoutSound, rival, wrongKey, sleep, listen(UInt16), ask(String),
                stopAsking
        }

        private var steps: [(time: Double, step: Step)] {
            let (begin, end) = (self.row.begin, Row.end)
            return switch self.row.cause {
            case .coding, .tags: []
            case .halt: [(begin, .halt), (end, .goOn)]
            case .death: [(begin, .kill), (end, .start)]
            case .deaths: (0..<3).flatMap { [(begin + Double($0) * 3, .kill), (begin + Double($0) * 3, .start)] }
            case .returnWithoutSound: [(begin, .kill), (begin, .startWithoutSound)]
            case .rivals: (0..<3).map { (begin + Double($0) * 2, .rival) }
            case .wrongKey: [(begin, .wrongKey)]
            case .sleepers: [(begin, .sleep), (begin, .sleep)]
            case .question(let file): [(begin, .ask(file)), (end, .stopAsking)]
            case .destination(let port): [(end, .listen(port))]
            }
        }

        private mutating func take(_ step: Step) throws {
            switch step {
            case .halt: self.encoder?.signal(SIGSTOP)
            case .goOn: self.encoder?.signal(SIGCONT)
            case .kill: self.encoder?.kill()
            case .start: self.encoder = try Self.publish(self.row, to: self.relay)
            case .startWithoutSound:
                var row = self.row
                row.audio = nil
                self.encoder = try Self.publish(row, to: self.relay)
            case .rival: self.others.append(try Self.publish(self.row, to: self.relay))
            case .wrongKey: self.others.append(try Self.publishWithAWrongKey(self.row, to: self.relay))
            case .sleep:
                let socket = try Socket(to: self.relay.addresses["http"] ?? "", receiveBuffer: 4096)
                try socket.send("GET /live/\(self.row.stream).flv HTTP/1.1\r\nHost: x\r\n\r\n")
                self.sleepers.append(socket)
            case .ask(let file):
                let address = self.relay.page("live/\(self.row.stream)\(file)")
                self.question = Task {
                    while !Task.isCancelled {
                        _ = try? await HTTP.get(address)
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
            case .stopAsking: self.question?.cancel()
            case .listen(let port):
                let listener = try Program.start(
                    FFmpeg.system,
                    ["-hide_banner", "-nostdin", "-loglevel", "quiet", "-i", "srt://127.0.0.1:\(port)?mode=listener"]
                        + ["-c", "copy", "-f", "null", "-"]
                )
                self.others.append(listener)
            }
        }

        private static func publish(_ row: Row, to relay: RelayProcess) throws -> Program {
            try Program.start(
                FFmpeg.system,
                Self.arguments(row) + row.more + ["-f", "flv", relay.publishAddress(row.stream)]
            )
        }

        private static func arguments(_ row: Row) -> [String] {
            var arguments = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"]
            for input in [row.video, row.audio].compactMap(\.self) {
                arguments += ["-readrate", row.speed, "-f", "lavfi", "-i", input]
            }
            if row.video != nil {
                arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1"]
                if !row.more.contains("-bf") { arguments += ["-tune", "zerolatency"] }
                arguments += row.keyframes + ["-sc_threshold", "0"] + row.coding
            }
            if row.audio != nil { arguments += row.soundCoding }
            return arguments
        }

        /// One that wants a stream that is on air, and has not its key.
        private static func publishWithAWrongKey(_ row: Row, to relay: RelayProcess) throws -> Program {
            let address = relay.publishAddress(row.stream, key: "not-the-key")
            return try Program.start(
                FFmpeg.system,
                [
                    "-hide_banner", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi", "-i",
                    TruthTableTests.tone, "-f", "flv", address,
                ]
            )
        }
    }
}
