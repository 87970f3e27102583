import Synchronization

/// What a viewer of HTTP-FLV was sent, read tag by tag by a reader that forgives nothing.
package final class FLVRecording: Sendable {
    package struct Tag: Hashable, Sendable {
        package let kind: UInt8
        /// ms.
        package let time: UInt32
        package let size: Int
    }

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var waiters: [(isSo: @Sendable ([UInt8], Bool) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    package init(_ http: String, _ path: String) throws {
        let socket = try Socket(to: http)
        try socket.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
        Task { [weak self] in
            while let self, let bytes = try? await socket.receive() { if !self.take(bytes) { return } }
        }
    }

    /// False at the end.
    private func take(_ bytes: [UInt8]) -> Bool {
        self.state.withLock { state in
            state.bytes += bytes
            if bytes.isEmpty { state.isClosed = true }
            let (all, isClosed) = (state.bytes, state.isClosed)
            state.waiters.removeAll { waiter in
                guard isClosed || waiter.isSo(all, isClosed) else { return false }
                waiter.continuation.resume()
                return true
            }
            return !isClosed
        }
    }

    package var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Waits until it has so many tags of a kind, or its connection is closed.
    package func wait(for count: Int, kind: UInt8 = 9) async {
        await withCheckedContinuation { continuation in
            self.state.withLock { state in
                let isSo: @Sendable ([UInt8], Bool) -> Bool = { bytes, _ in
                    ((try? Self.tags(in: bytes))?.count { $0.kind == kind } ?? .max) >= count
                }
                if state.isClosed || isSo(state.bytes, false) { return continuation.resume() }
                state.waiters.append((isSo, continuation))
            }
        }
    }

    /// Whether the times of sound and of pictures rise, each.
    package func hasRisingTimes() throws(FLVTagReader.Broken) -> Bool {
        let tags = try self.tags()
        return [8, 9].allSatisfy { kind in
            let times = tags.filter { $0.kind == kind }.map(\.time)
            return zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
        }
    }

    /// Every whole tag there is.
    package func tags() throws(FLVTagReader.Broken) -> [Tag] { try Self.tags(in: self.state.withLock { $0.bytes }) }

    /// Every whole tag of an answer, its head included.
    package static func tags(in all: [UInt8]) throws(FLVTagReader.Broken) -> [Tag] {
        let end = Array("\r\n\r\n".utf8)
        guard let head = all.indices.first(where: { all[$0...].starts(with: end) }) else { return [] }
        var reader = FLVTagReader()
        return try reader.read(all[(head + 4)...]).map { Tag(kind: $0.kind, time: $0.time, size: $0.body.count) }
    }
}
