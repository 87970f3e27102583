import Contract
import Health
import Testing

/// What is said of single forms of a stream that viewers do not get, while others do.
@Suite struct FormatFaultTests {
    private static func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(10))
        #expect(scene.verdict().state == .live && scene.verdict().faults == [])
        return scene
    }

    /// Lets time pass in which somebody is refused, or gets nothing, every second.
    private static func refuse(
        _ scene: inout Scene,
        _ reason: FormatAbsence.Reason,
        for time: Duration
    ) -> [Verdict] {
        let (first, end) = (scene.now, scene.now + time)
        var verdicts: [Verdict] = []
        while scene.now < end {
            let absence = FormatAbsence(reason, first: first, last: scene.now, memory: 64 << 20)
            scene.snapshot.formats = [FormatSnapshot(format: "ts", noun: "MPEG-TS", absence: absence)]
            verdicts += scene.run(.seconds(1))
        }
        return verdicts
    }

    @Test(arguments: FormatAbsence.Reason.allCases)
    func aFormThatNobodyGetsIsToldWhileItIsAskedFor(_ reason: FormatAbsence.Reason) throws {
        var scene = try Self.live()
        let early = Self.refuse(&scene, reason, for: .seconds(4))
        #expect(early.allSatisfy { $0.faults.isEmpty }, "somebody who asks and goes is no fault")
        let verdicts = Self.refuse(&scene, reason, for: .seconds(60))
        let verdict = try #require(verdicts.last)
        #expect(verdicts.suffix(100).allSatisfy { $0.faults == [.formatUnavailable] })
        #expect(verdict.state == .live && verdict.isHealthy, "\(verdict)")
        #expect(verdict.sentence.contains("by MPEG-TS"), "\(verdict.sentence)")
        if reason == .noTracks { #expect(verdict.sentence.contains("(H264, AAC)")) }
        if reason == .noMemory { #expect(verdict.sentence.contains("limits.memory (64 MiB)")) }
        // It can be had again.
        scene.snapshot.formats = []
        #expect(scene.run(.seconds(6)).last?.faults == [])
    }

    @Test func aRefusalThatIsOverIsForgotten() throws {
        var scene = try Self.live()
        #expect(Self.refuse(&scene, .noTracks, for: .seconds(20)).last?.faults == [.formatUnavailable])
        // The relay remembers it for longer than it is told.
        #expect(scene.run(.seconds(15)).last?.faults == [])
    }

    /// Media has come since the newest segment; a keyframe as well unless it is said.
    private static func wait(
        _ scene: inout Scene,
        _ time: Duration,
        asking: Bool = true,
        trouble: PlaylistSnapshot.Trouble? = nil,
        since start: Instant? = nil
    ) -> [Verdict] {
        let (first, end) = (start ?? scene.now, scene.now + time)
        let asked = scene.now
        var verdicts: [Verdict] = []
        while scene.now < end {
            let playlist = PlaylistSnapshot(
                askedAt: asking ? scene.now : asked,
                target: .seconds(2),
                first: first,
                last: scene.now,
                trouble: trouble
            )
            scene.snapshot.formats = [FormatSnapshot(format: "ts", noun: "MPEG-TS", playlist: playlist)]
            verdicts += scene.run(.milliseconds(500))
        }
        return verdicts
    }

    @Test func aPlaylistThatGrowsInTimeIsWell() throws {
        var scene = try Self.live()
        for _ in 0..<20 { #expect(Self.wait(&scene, .milliseconds(2500)).allSatisfy { $0.faults.isEmpty }) }
    }

    @Test func aPlaylistWithoutKeyframesIsTheEncoders() throws {
        var scene = try Self.live()
        scene.keyframeEvery = .seconds(1000)
        let verdicts = Self.wait(&scene, .seconds(20))
        let told = verdicts.filter { $0.faults.contains(.playlistStopped) }
        // Four seconds by its own promise, and half a second between two looks.
        #expect((30...33).contains(told.count), "\(told.count) of \(verdicts.count)")
        #expect(told.last?.state == .degraded)
        #expect(told.last?.sentence.contains("set the encoder's keyframe interval to 2 s") == true)
        #expect(told.last?.faults == [.playlistStopped, .keyframesRare])
        // A segment is finished.
        scene.keyframeEvery = .seconds(2)
        #expect(Self.wait(&scene, .seconds(2)).last?.faults.contains(.playlistStopped) == true)
        scene.snapshot.formats = []
        #expect(scene.run(.seconds(9)).last?.faults == [])
    }

    @Test(arguments: PlaylistSnapshot.Trouble.allCases)
    func aPlaylistThatCannotBeWrittenIsTheRelays(_ trouble: PlaylistSnapshot.Trouble) throws {
        var scene = try Self.live()
        let verdict = try #require(Self.wait(&scene, .seconds(10), trouble: trouble).last)
        #expect(verdict.faults == [.playlistStopped] && verdict.state == .degraded)
        #expect(verdict.sentence.contains("The playlist of MPEG-TS has named nothing new for"), "\(verdict.sentence)")
        #expect(!verdict.sentence.contains("keyframe"))
        // Keyframes come, and nothing else is known.
        scene = try Self.live()
        let unknown = try #require(Self.wait(&scene, .seconds(10)).last)
        #expect(unknown.sentence.contains("the relay finishes no segment"))
        // A segment that does not fit its tape is over before it is listed.
        let shortage = TapeShortage(kept: .zero, wanted: .seconds(32), isMemoryFull: false, limit: 1 << 20)
        scene.snapshot.formats[0].shortage = shortage
        let short = try #require(scene.run(.milliseconds(500)).last)
        #expect(short.faults == [.playlistStopped], "\(short)")
        #expect(short.sentence.contains("does not hold one whole segment"))
    }

    @Test func whatNobodyAsksForIsNotJudged() throws {
        var scene = try Self.live()
        scene.keyframeEvery = .seconds(1000)
        let verdicts = Self.wait(&scene, .seconds(60), asking: false)
        #expect(verdicts.suffix(60).allSatisfy { !$0.faults.contains(.playlistStopped) })
        // Nor what nothing comes for.
        scene = try Self.live()
        _ = Self.wait(&scene, .seconds(3))
        let first = scene.now
        let playlist = PlaylistSnapshot(askedAt: first, target: .seconds(2), first: first, last: first)
        scene.snapshot.formats = [FormatSnapshot(format: "ts", noun: "MPEG-TS", playlist: playlist)]
        #expect(scene.run(.seconds(8)).allSatisfy { $0.faults.isEmpty })
    }

    @Test(arguments: [true, false]) func aShortTapeIsToldWithBothFigures(isMemoryFull: Bool) throws {
        var scene = try Self.live()
        let shortage = TapeShortage(
            kept: .milliseconds(12_400),
            wanted: .seconds(44),
            isMemoryFull: isMemoryFull,
            limit: 16 << 20
        )
        scene.snapshot.formats = [FormatSnapshot(format: "mp4", noun: "MP4 and HLS", shortage: shortage)]
        #expect(scene.run(.seconds(2)).allSatisfy { $0.faults.isEmpty })
        let verdicts = scene.run(.seconds(60))
        let verdict = try #require(verdicts.last)
        #expect(verdicts.suffix(100).allSatisfy { $0.faults == [.tapeShort] && $0.state == .live })
        #expect(verdict.sentence.contains("Only 12 of 44 seconds are kept for MP4 and HLS"), "\(verdict.sentence)")
        #expect(verdict.sentence.contains(isMemoryFull ? "limits.memory (16 MiB)" : "limits.tape (16 MiB)"))
        // Half a second is no loss to anybody.
        scene.snapshot.formats[0].shortage?.kept = .milliseconds(43_500)
        #expect(scene.run(.seconds(6)).last?.faults == [])
    }

    @Test func everySentenceIsSaidInJapaneseToo() {
        let sentences = FormatSentences(noun: "MPEG-TS", others: 2, in: .japanese)
        let start = Instant(microseconds: 0)
        var all = FormatAbsence.Reason.allCases.map { reason in
            sentences.unavailable(
                FormatAbsence(reason, first: start, last: start + .seconds(7), memory: 64 << 20),
                codecs: "AV1"
            )
        }
        let troubles = PlaylistSnapshot.Trouble.allCases.map(FormatSentences.StopCause.trouble)
        for cause in [.noKeyframe, .shortTape, .unknown] + troubles {
            all.append(sentences.stopped(for: .seconds(7), cause))
        }
        for isFull in [true, false] {
            let shortage = TapeShortage(
                kept: .seconds(12),
                wanted: .seconds(44),
                isMemoryFull: isFull,
                limit: 1 << 20
            )
            all.append(sentences.short(shortage))
        }
        #expect(all.allSatisfy { $0.hasPrefix("MPEG-TS") && $0.hasSuffix("ほかの2形式も同様です。") }, "\(all)")
        #expect(Set(all).count == all.count)
        let english = FormatSentences(noun: "MPEG-TS", others: 1)
        #expect(english.stopped(for: .seconds(7), .noKeyframe).hasSuffix(" The same is true of 1 more form."))
        // A relay may say anything.
        let odd = TapeShortage(kept: .seconds(-5), wanted: .seconds(Int64.max), isMemoryFull: true, limit: .max)
        #expect(english.short(odd).hasPrefix("Only 0 of 1000000000 seconds"))
    }
}
