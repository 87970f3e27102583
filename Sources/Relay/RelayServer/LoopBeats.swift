import Admission
import Contract
import NIOCore
import Streams
import Synchronization

/// When each event loop last came round: what `/livez` goes by.
final class LoopBeats: Sendable {
    private let beats = Mutex<[String: Instant]>([:])

    func follow(_ loop: any EventLoop, name: String, every interval: TimeAmount) {
        self.note(name)
        _ = loop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { [weak self] _ in self?.note(name) }
    }

    func note(_ name: String) {
        let now = Instant(SystemClock.now)
        self.beats.withLock { $0[name] = now }
    }

    var snapshots: [LoopSnapshot] {
        self.beats.withLock { beats in
            beats.map { LoopSnapshot(name: $0.key, lastTick: $0.value) }.sorted { $0.name < $1.name }
        }
    }
}
