import Contract
import Health
import Testing

/// How it stands with whoever publishes, apart from what viewers see.
@Suite struct SourceHealthTests {
    private static func states(_ verdicts: [Verdict]) -> [SourceState] {
        verdicts.compactMap(\.source?.state).reduce(into: []) { states, state in
            if states.last != state { states.append(state) }
        }
    }

    @Test func itComesAndGoes() throws {
        var scene = try Scene()
        #expect(Self.states(scene.run(.seconds(5))) == [.absent])
        scene.connect()
        #expect(Self.states(scene.run(.seconds(10))) == [.connecting, .sending])
        scene.lose(.disconnected)
        let lost = try #require(scene.run(.seconds(60)).last?.source)
        #expect(lost.state == .lost && lost.reason == .loss(.disconnected) && lost.reason?.code == "disconnected")
        #expect(lost.sentence == "The encoder has been gone for 60 s: its connection broke. Check it and its network.")
        scene.connect()
        #expect(Self.states(scene.run(.seconds(10))) == [.connecting, .sending])
        scene.lose(.ended)
        #expect(Self.states(scene.run(.seconds(10))) == [.ended])
    }

    @Test func oneThatStallsDoesNotFlicker() throws {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(10))
        scene.sends = false
        let silent = try #require(scene.run(.seconds(10)).last?.source)
        #expect(silent.state == .silent && silent.sentence.contains("has sent nothing for 10 s"), "\(silent)")
        // A burst now and then is no sending.
        for _ in 0..<5 {
            scene.sends = true
            let states = Self.states(scene.run(.seconds(1)))
            #expect(!states.contains(.sending), "\(states)")
            scene.sends = false
            scene.run(.seconds(4))
        }
        scene.sends = true
        #expect(Self.states(scene.run(.seconds(5))) == [.connecting, .sending])
    }

    @Test func lossIsToldFromSilence() throws {
        var scene = try Scene()
        scene.connect()
        var track = LinkTrack(kind: .video, packets: 1000)
        scene.snapshot.source?.link = LinkSnapshot(tracks: [track])
        scene.run(.seconds(20))
        var seen: [Verdict] = []
        for _ in 0..<20 {
            track.lost += 3
            scene.snapshot.source?.link = LinkSnapshot(tracks: [track])
            seen += scene.run(.seconds(1))
        }
        #expect(Self.states(seen) == [.sending, .faltering])
        let verdict = try #require(seen.last?.source)
        #expect(verdict.reason == .packetsLost && verdict.japanese.contains("パケット"))
        #expect(Self.states(scene.run(.seconds(30))) == [.faltering, .sending])
        // Media that comes too slowly is another thing.
        scene.snapshot.inspection = InspectionSnapshot(at: scene.now)
        scene.snapshot.inspection?.pace = 0.8
        #expect(scene.run(.seconds(2)).last?.source?.reason == .slow)
    }

    @Test func whoIsRefusedIsTold() throws {
        var scene = try Scene()
        scene.run(.seconds(5))
        scene.snapshot.refusal = SourceRefusal(at: scene.now, reason: .wrongKey, address: "10.0.0.9:4000")
        let refused = try #require(scene.run(.seconds(20)).last?.source)
        #expect(refused.state == .refused && refused.reason?.code == "wrong_key")
        #expect(!refused.sentence.contains("10.0.0.9"))
        #expect(Self.states(scene.run(.seconds(60))) == [.refused, .absent])
    }

    @Test func everyStateHasItsWords() throws {
        var texts: Set<String> = []
        for cause in SourceLoss.Cause.allCases {
            var scene = try Scene()
            scene.connect()
            scene.run(.seconds(5))
            scene.lose(cause)
            let source = try #require(scene.run(.seconds(7)).last?.source)
            #expect(source.state == (cause == .ended || cause == .removed ? .ended : .lost))
            texts.insert(source.sentence)
            #expect(source.japanese.hasSuffix("。") && source.sentence.hasSuffix("."))
        }
        #expect(texts.count == SourceLoss.Cause.allCases.count)
        for reason in PublishRefusal.allCases {
            var scene = try Scene()
            scene.snapshot.refusal = SourceRefusal(at: scene.now, reason: reason, address: "")
            let source = try #require(scene.run(.seconds(1)).last?.source)
            #expect(source.state == .refused && source.japanese.hasSuffix("。") && source.sentence.hasSuffix("."))
        }
        #expect(
            SourceState.allCases.map(\.rawValue) == [
                "absent", "connecting", "sending", "faltering", "silent", "lost", "ended", "refused",
            ]
        )
    }
}
