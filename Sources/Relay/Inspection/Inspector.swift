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
    /// How much other threads go before this one: a third of their share is enough to see a fault in time where they take all.
    private static let nice = 5

    private let hub: StreamHub
    private let spec: CurrentSpec
    private let clock: @Sendable () -> Now
    private let found = Mutex<[StreamName: InspectionSnapshot]>([:])
    /// Small pictures of streams that somebody looks at, and when somebody last asked for one, µs.
    private let views = Mutex<[StreamName: StillView]>([:])
    private let asked = Mutex<[StreamName: Int64]>([:])
    private let bell: Bell

    /// How long after the last question keyframes are decoded for the next, µs.
    private static let interest: Int64 = 5_000_000

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

    /// A small picture of a stream's newest keyframe, made only while somebody asks, and at most one a second; nil before the first.
    package func view(of stream: StreamName) -> StillView? {
        guard self.hub.existing(stream) != nil else { return nil }
        let now = self.clock().monotonic
        self.asked.withLock { $0[stream] = now }
        return self.views.withLock { $0[stream] }
    }

    private func look(_ inspections: inout [StreamName: StreamInspection]) {
        let spec = self.spec.value
        let streams = self.hub.all
        inspections = inspections.filter { name, inspection in
            streams.contains { $0.path.stream == name && inspection.isOf($0) }
        }
        self.found.withLock { found in found = found.filter { inspections[$0.key] != nil } }
        let now = self.clock().monotonic
        let watched = self.asked.withLock { asked in
            asked = asked.filter { inspections[$0.key] != nil || now &- $0.value < Self.interest }
            return Set(asked.filter { now &- $0.value < Self.interest }.keys)
        }
        self.views.withLock { views in views = views.filter { watched.contains($0.key) } }
        for stream in streams {
            let name = stream.path.stream
            let inspection = inspections[name] ?? StreamInspection(stream, pixels: spec.limits.stillPixels)
            inspections[name] = inspection
            let content = spec.declaration(of: name)?.content ?? .auto
            inspection.isWatched = watched.contains(name)
            let snapshot = inspection.look(spec.checks, content, at: self.clock().monotonic)
            self.found.withLock { $0[name] = snapshot }
            if let view = inspection.view { self.views.withLock { $0[name] = view } }
        }
    }
}
