package import Contract
import Linux
package import Streams
import Synchronization

/// Looks into the picture and the sound of all streams of a relay, on a thread of its own that gives way to all others.
///
/// Nothing waits for it: where a decoder hangs, media goes on, and what was found last grows old, which health says.
package final class Inspector: Sendable {
    /// Between two looks.
    private static let pause = Duration.milliseconds(500)
    /// How much other threads go before this one.
    private static let nice = 10

    private let hub: StreamHub
    private let spec: CurrentSpec
    private let clock: @Sendable () -> Now
    private let found = Mutex<[StreamName: InspectionSnapshot]>([:])
    private let bell: Bell

    /// Looks into nothing before ``begin()``.
    package init(_ hub: StreamHub, spec: CurrentSpec, clock: @escaping @Sendable () -> Now) throws {
        self.hub = hub
        self.spec = spec
        self.clock = clock
        self.bell = try Bell()
    }

    /// Begins, and goes on until ``end()``.
    package func begin() throws {
        _ = try WorkerThread(name: "inspection") { [weak self, bell = self.bell] in
            ThreadPriority.lower(by: Self.nice)
            var inspections: [StreamName: StreamInspection] = [:]
            while !bell.waits(for: Self.pause) {
                guard let self else { return }
                self.look(&inspections)
            }
        }
    }

    package func end() { self.bell.ring() }

    /// What is known of a stream's picture and sound; nil while nothing is.
    package func inspection(of stream: StreamName) -> InspectionSnapshot? { self.found.withLock { $0[stream] } }

    private func look(_ inspections: inout [StreamName: StreamInspection]) {
        let spec = self.spec.value
        let streams = self.hub.all
        inspections = inspections.filter { name, inspection in
            streams.contains { $0.path.stream == name && inspection.isOf($0) }
        }
        self.found.withLock { found in found = found.filter { inspections[$0.key] != nil } }
        for stream in streams {
            let name = stream.path.stream
            let inspection = inspections[name] ?? StreamInspection(stream, pixels: spec.limits.stillPixels)
            inspections[name] = inspection
            let content = spec.declaration(of: name)?.content ?? .auto
            let snapshot = inspection.look(spec.checks, content, at: self.clock().monotonic)
            self.found.withLock { $0[name] = snapshot }
        }
    }
}
