import StreamToolkit
import Testing
import Toolkit

/// A stream that plays while something bad happens to its relay, and shows that it goes on playing.
final class Bystander: Sendable {
    private let material: Material
    private let publisher: TestPublisher
    let viewers: [TestViewer]
    private let round = Observed(0)

    init(_ relay: RelayProcess, _ stream: String = "bystander") async throws {
        self.material = try await Material.usual()
        self.publisher = try await TestPublisher.onAir(relay, stream)
        try self.publisher.send(self.material.headers)
        self.viewers = [try TestViewer.rtmp(relay, stream), try TestViewer.flv(relay, stream)]
        // Who joins sees from the newest keyframe on; from here on every picture is expected.
        try self.publisher.send(self.material.frames(marked: 0))
        for viewer in self.viewers { try await viewer.wait(for: 0) }
    }

    /// Sends another second and waits until both viewers have all of it.
    func goesOn(_ what: String = "") async throws {
        let round = self.round.change { round in
            round += 1
            return round
        }
        try self.publisher.send(self.material.frames(marked: round, round: round))
        let expected = self.material.pictures * (round + 1)
        for viewer in self.viewers {
            try await viewer.seen.wait(for: "\(viewer.name) bystander to see round \(round) \(what)") { state in
                state.pictures >= expected || state.isCut
            }
            let state = viewer.seen.state
            #expect(
                !state.isCut && state.trouble == nil && state.regressions.isEmpty,
                "\(viewer.name) \(what): \(state)"
            )
            #expect(state.pictures == expected, "\(viewer.name) \(what)")
        }
    }
}
