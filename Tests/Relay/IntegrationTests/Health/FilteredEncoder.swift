import Glibc
import NIOCore
import StreamToolkit
import Synchronization
import Toolkit
import Wire

/// A real encoder, of which some tags are changed or left out on their way to the relay: faults that its own muxer would mend.
final class FilteredEncoder: Sendable {
    /// - Returns: What is sent on for a tag; nothing leaves it out.
    typealias Filter = @Sendable (FLVTag) -> [FLVTag]

    private let program: Program
    private let work: Task<Void, any Error>

    /// - Parameters:
    ///   - relay: Where to publish.
    ///   - stream: The stream's name.
    ///   - arguments: Of the encoder, up to its output.
    ///   - filter: What becomes of each tag.
    /// - Throws: Where the encoder cannot be started.
    init(_ relay: RelayProcess, _ stream: String, _ arguments: [String], _ filter: @escaping Filter) throws {
        let address = "127.0.0.1:\(try FreePorts.take(2)[0])"
        let program = try Program.start(FFmpeg.system, arguments + ["-f", "flv", "tcp://\(address)?listen=1"])
        self.program = program
        self.work = Task {
            let socket = try await Self.connect(to: address)
            let publisher = try await TestPublisher.onAir(relay, stream)
            var decoder = FLVTagDecoder()
            var bytes = ByteBuffer()
            while true {
                let more = try await socket.receive()
                guard !more.isEmpty else { return }
                bytes.writeBytes(more)
                while let tag = try decoder.next(from: &bytes) {
                    let sent = filter(tag)
                    if !sent.isEmpty { try publisher.send(sent) }
                }
                bytes.discardReadBytes()
            }
        }
    }

    var pid: pid_t { self.program.pid }

    deinit {
        self.work.cancel()
        self.program.kill()
    }

    /// Until the encoder listens.
    private static func connect(to address: String) async throws -> Socket {
        let start = ContinuousClock.now
        while true {
            do {
                return try Socket(to: address)
            } catch {
                guard ContinuousClock.now - start < .seconds(20) else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

extension FilteredEncoder {
    /// Moves the tags of a kind, or of both, by so many milliseconds from a time of the encoder's clock on.
    static func step(_ kinds: Set<FLVTag.Kind>, by milliseconds: Int64, from second: Double) -> Filter {
        { tag in
            guard kinds.contains(tag.kind), Double(tag.timestamp) >= second * 1000 else { return [tag] }
            var tag = tag
            tag.timestamp = UInt32(clamping: Int64(tag.timestamp) + milliseconds)
            return [tag]
        }
    }

    /// Sets every so many tags of a kind back by so many milliseconds for a while.
    static func stray(
        _ kind: FLVTag.Kind,
        every count: UInt32,
        by milliseconds: UInt32,
        from start: Double,
        to end: Double
    ) -> Filter {
        let number = Atomic<UInt32>(0)
        return { tag in
            guard tag.kind == kind, tag.isCoded, (start..<end).contains(Double(tag.timestamp) / 1000),
                number.wrappingAdd(1, ordering: .relaxed).newValue % count == 0
            else { return [tag] }
            var tag = tag
            tag.timestamp -= min(milliseconds, tag.timestamp)
            return [tag]
        }
    }

    /// Leaves out what is coded of a kind for a while.
    static func loss(of kind: FLVTag.Kind, from start: Double, to end: Double) -> Filter {
        { tag in
            let time = Double(tag.timestamp) / 1000
            return tag.kind == kind && tag.isCoded && (start..<end).contains(time) ? [] : [tag]
        }
    }

    /// Sends what is coded of a kind so many milliseconds after the rest.
    static func delay(of kind: FLVTag.Kind, by milliseconds: UInt32) -> Filter {
        let held = Mutex<[FLVTag]>([])
        return { tag in
            held.withLock { held in
                if tag.kind == kind, tag.isCoded {
                    held.append(tag)
                    return []
                }
                let due = held.prefix { $0.timestamp + milliseconds <= tag.timestamp }
                held.removeFirst(due.count)
                return due + [tag]
            }
        }
    }
}
