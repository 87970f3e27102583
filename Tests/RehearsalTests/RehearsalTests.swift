import Rehearsal
import Synchronization
import Testing
import Toolkit

/// Whole rehearsals against a server in this process.
@Suite(.serialized, .ownThread) struct RehearsalTests {
    private static func spec(_ server: TinyServer, viewers: Int) throws -> RehearsalSpec {
        let address = try StreamAddress(parsing: "rtmp://127.0.0.1:\(server.port)/live/main?key=abc")
        let source = GeneratedSource(
            .init(
                picture: .init(width: 64, height: 64, framesPerSecond: 30),
                bitrate: 200_000,
                keyframeInterval: 5
            )
        )
        var spec = RehearsalSpec(publication: .init(address: address, source: source), plays: [address.withoutQuery])
        spec.viewers = viewers
        spec.settle = .milliseconds(50)
        spec.duration = .milliseconds(600)
        spec.joinTimeout = .seconds(60)
        // The machine that runs tests may be busy with others.
        spec.gap = .seconds(30)
        return spec
    }

    @Test func viewersOfASoundServerHaveNothingToComplainOf() throws {
        let server = try TinyServer()
        defer { server.stop() }
        let stages = Mutex<[String]>([])
        let report = try Rehearsal.run(try Self.spec(server, viewers: 12)) { stage in
            stages.withLock { $0.append(stage) }
        }
        #expect(report.viewers.wanted == 12)
        #expect(report.viewers.watched == 12)
        #expect(report.viewers.ended == 0)
        #expect(report.viewers.gaps == 0)
        #expect(report.viewers.regressions == 0)
        #expect(report.viewers.reasons.isEmpty)
        #expect(report.firstPictureMs?.samples == 12)
        #expect((report.latencyMs?.samples ?? 0) > 0)
        #expect(report.bitsPerSecond.median > 0)
        #expect(report.server == nil)
        #expect(stages.withLock(\.count) == 3)
        #expect(report.text.contains("12 of 12 watched"))
        #expect(report.json.contains("\"watched\" : 12"))
    }

    @Test func aViewerThatIsCutOffIsAFault() throws {
        let server = try TinyServer(.init(tagsBeforeCut: 12))
        defer { server.stop() }
        let report = try Rehearsal.run(try Self.spec(server, viewers: 3)) { _ in }
        #expect(report.viewers.ended > 0)
        #expect(report.faults.contains { $0.contains("the server closed the connection") })
    }

    @Test func aFaultOnABusyMachineIsToldAsThat() throws {
        let server = try TinyServer(.init(tagsBeforeCut: 12))
        defer { server.stop() }
        var report = try Rehearsal.run(try Self.spec(server, viewers: 1)) { _ in }
        report.toolWaitingShare = 0.78
        #expect(report.text.hasSuffix("for 78 % of the time that this tool wanted it: measure when they rest."))
        report.toolWaitingShare = 0.1
        #expect(!report.text.contains("Other programs"))
        report.toolWaitingShare = 0.78
        report.faults = []
        #expect(!report.text.contains("Other programs"))
    }

    @Test func aJumpOfTimestampsIsAFault() throws {
        let server = try TinyServer(.init(jump: (afterTags: 30, by: 60_000)))
        defer { server.stop() }
        let report = try Rehearsal.run(try Self.spec(server, viewers: 3)) { _ in }
        #expect(report.viewers.gaps > 0)
        #expect(report.faults.contains { $0.contains("jumped ahead") })
    }

    @Test func aStreamThatCannotBePlayedIsAnErrorThatSaysWhy() throws {
        let server = try TinyServer(.init(refusesPlay: true))
        defer { server.stop() }
        var spec = try Self.spec(server, viewers: 3)
        spec.joinTimeout = .milliseconds(800)
        let error = #expect(throws: RehearsalError.self) { try Rehearsal.run(spec) { _ in } }
        #expect(error.map { "\($0)".contains("nothing here") } == true)
    }

    @Test func aServerThatIsNotThereIsAnError() throws {
        let server = try TinyServer()
        server.stop()
        let spec = try Self.spec(server, viewers: 1)
        #expect(throws: RehearsalError.self) { try Rehearsal.run(spec) { _ in } }
    }

    @Test func aProcessThatIsNotThereIsAnError() throws {
        let server = try TinyServer()
        defer { server.stop() }
        var spec = try Self.spec(server, viewers: 1)
        spec.processes = [1 << 30]
        #expect(throws: RehearsalError.noProcess(1 << 30)) { try Rehearsal.run(spec) { _ in } }
    }
}
