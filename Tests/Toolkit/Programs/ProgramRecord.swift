import Foundation
import Synchronization

/// What a program has said and how it ended, and who waits for that.
final class ProgramRecord: Sendable {
    private struct State {
        var output = Data()
        var error = Data()
        var partial: [Program.Source: Data] = [.output: Data(), .error: Data()]
        var lines: [Program.Line] = []
        var open: Set<Program.Source> = [.output, .error]
        var ending: Program.Ending?
        var listeners: [Int: AsyncStream<Program.Line>.Continuation] = [:]
        var waiters: [Int: CheckedContinuation<Program.Result?, Never>] = [:]
        var nextID = 0

        /// Known once the process has ended and both streams are at their end.
        var result: Program.Result? {
            guard let ending = self.ending, self.open.isEmpty else { return nil }
            return Program.Result(ending: ending, output: self.output, error: self.error)
        }

        mutating func newID() -> Int {
            defer { self.nextID += 1 }
            return self.nextID
        }
    }

    private let state = Mutex(State())
    /// Bytes of each stream that are kept; the rest is read and forgotten.
    private let limit: Int
    private static let lineLimit = 100_000

    init(limit: Int) {
        self.limit = limit
    }

    func ended(_ ending: Program.Ending) {
        self.change { $0.ending = ending }
    }

    var isRunning: Bool { self.state.withLock { $0.ending == nil } }

    var lastWords: String {
        self.state.withLock { String(decoding: $0.error.suffix(4000), as: UTF8.self) }
    }

    var said: String {
        self.state.withLock { state in state.lines.map(\.text).joined(separator: "\n") }
    }

    func lines() -> AsyncStream<Program.Line> {
        let (stream, continuation) = AsyncStream.makeStream(of: Program.Line.self)
        self.state.withLock { state in
            for line in state.lines { continuation.yield(line) }
            guard state.result == nil else {
                continuation.finish()
                return
            }
            let id = state.newID()
            state.listeners[id] = continuation
            continuation.onTermination = { [weak self] _ in
                // Not while the lock is held: a stream may be dropped inside it.
                Task { self?.forget(id) }
            }
        }
        return stream
    }

    /// Nil only when the waiting task was cancelled.
    func result() async -> Program.Result? {
        let id = self.state.withLock { $0.newID() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: Program.Result?? = self.state.withLock { state in
                    if let result = state.result { return .some(result) }
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }

    private func forget(_ id: Int) {
        self.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }

    /// Nothing received is the end of the stream.
    func received(_ data: Data, from source: Program.Source) {
        self.change { state in
            guard !data.isEmpty else {
                let rest = state.partial[source] ?? Data()
                if !rest.isEmpty { Self.say(rest, from: source, &state) }
                state.partial[source] = nil
                state.open.remove(source)
                return
            }
            switch source {
            case .output: state.output.append(data.prefix(max(0, self.limit - state.output.count)))
            case .error: state.error.append(data.prefix(max(0, self.limit - state.error.count)))
            }
            var pieces = ((state.partial[source] ?? Data()) + data)
                .split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }
            let rest = pieces.popLast() ?? Data()
            // Binary output has no lines worth keeping.
            state.partial[source] = rest.count > 1 << 16 ? Data() : Data(rest)
            for piece in pieces where !piece.isEmpty { Self.say(piece, from: source, &state) }
        }
    }

    private static func say(_ bytes: Data, from source: Program.Source, _ state: inout State) {
        guard state.lines.count < Self.lineLimit else { return }
        let line = Program.Line(source: source, text: String(decoding: bytes, as: UTF8.self))
        state.lines.append(line)
        for listener in state.listeners.values { listener.yield(line) }
    }

    private func change(_ body: (inout State) -> Void) {
        let (result, waiters, listeners) = self.state.withLock { state in
            body(&state)
            guard let result = state.result else {
                return (
                    Program.Result?.none, [CheckedContinuation<Program.Result?, Never>](),
                    [AsyncStream<Program.Line>.Continuation]()
                )
            }
            defer {
                state.waiters = [:]
                state.listeners = [:]
            }
            return (result, Array(state.waiters.values), Array(state.listeners.values))
        }
        for waiter in waiters { waiter.resume(returning: result) }
        for listener in listeners { listener.finish() }
    }
}
