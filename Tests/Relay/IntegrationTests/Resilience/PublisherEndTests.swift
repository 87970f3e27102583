import StreamToolkit
import Testing
import Toolkit
import Wire

@Suite("Ways a publisher ends", .timeLimit(.minutes(2)))
struct PublisherEndTests {
    enum Way: CaseIterable { case stop, finish, reset }

    @Test("Viewers stay when a publisher ends, hangs up or breaks off, and see the next one", arguments: Way.allCases)
    func ends(_ way: Way) async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        let first = try await TestPublisher.onAir(relay)
        try first.send(material.whole(marked: 1))
        for viewer in viewers { try await viewer.wait(for: 1) }
        switch way {
        case .stop: try first.stop()
        case .finish: first.hangUp()
        case .reset: first.reset()
        }
        let health = try await relay.health(isOneOf: way == .stop ? ["waiting"] : ["stale"])
        #expect(health.viewers == viewers.count)

        let second = try await TestPublisher.onAir(relay)
        try second.send(material.whole(marked: 2))
        for viewer in viewers {
            try await viewer.wait(for: 2)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil && state.regressions.isEmpty, "\(viewer.name): \(state)")
        }
    }

    @Test("A relay that ends asks its publisher to connect again, if it understands that", arguments: [true, false])
    func replaced(_ understands: Bool) async throws {
        let relay = try await RelayProcess.start()
        let key = relay.configuration.publishKey ?? ""
        let publisher = try TestPublisher(relay, stream: "main?key=\(key)", obeysReconnectRequests: understands)
        #expect(try await publisher.refusal() == nil)
        try await relay.stop()
        try await publisher.seen.wait(for: "the publisher's connection to end") { $0.isClosed }
        let state = publisher.seen.state
        #expect(state.statuses.contains { $0.code == .reconnectRequest } == understands)
        #expect(state.failure?.code == (understands ? nil : .publishRejected))
    }

    @Test("A publisher that falls silent is lost after source_timeout, and resumes on the same connection")
    func silence() async throws {
        let material = try await Material.usual()
        var configuration = RelayConfiguration()
        configuration.sourceTimeout = "500ms"
        let relay = try await RelayProcess.start(configuration)
        let viewer = try TestViewer.flv(relay)
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 1))
        try await viewer.wait(for: 1)
        let health = try await relay.health(isOneOf: ["stale"])
        #expect(health.sentence.contains("silent"))
        try await relay.program.line(containing: "source silent")

        try publisher.send(material.frames(marked: 2, round: 1))
        try await viewer.wait(for: 2)
        try await relay.health(isOneOf: ["starting", "live", "degraded"])
        #expect(!publisher.seen.state.isClosed)
        let state = viewer.seen.state
        #expect(!state.isCut && state.regressions.isEmpty && state.marks == [1, 2])
    }

    @Test("A second publisher with the right key takes over, and the first is told why")
    func takeover() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let viewer = try TestViewer.rtmp(relay)
        let first = try await TestPublisher.onAir(relay)
        try first.send(material.whole(marked: 1))
        try await viewer.wait(for: 1)
        let second = try await TestPublisher.onAir(relay)
        try await first.seen.wait(for: "the first publisher to be told") { $0.failure != nil }
        let told = try #require(first.seen.state.failure)
        #expect(told.code == .publishRejected)
        #expect(told.description.contains("another") || told.description.contains("Another"), "\(told.description)")
        try await first.seen.wait(for: "the first publisher's connection to end") { $0.isClosed }
        try second.send(material.whole(marked: 2))
        try await viewer.wait(for: 2)
        #expect(!viewer.seen.state.isCut && viewer.seen.state.regressions.isEmpty)
    }

    @Test("With takeover off a second publisher is told to wait, until the first has been silent")
    func busy() async throws {
        let material = try await Material.usual()
        var configuration = RelayConfiguration()
        configuration.takeover = false
        configuration.sourceTimeout = "500ms"
        let relay = try await RelayProcess.start(configuration)
        let first = try await TestPublisher.onAir(relay)
        // One that hears nothing of the first for longer than the timeout gets in, so the first sends meanwhile.
        try first.send(material.whole(marked: 1))
        let key = configuration.publishKey ?? ""
        let refusal = try await TestPublisher(relay, stream: "main?key=\(key)").refusal()
        if let refusal {
            #expect(refusal.description.contains("takeover is off"))
            #expect(first.seen.state.failure == nil)
        }
        try await relay.health(isOneOf: ["stale"])
        let second = try await TestPublisher.onAir(relay)
        try second.send(material.whole(marked: 2))
        #expect(second.seen.state.isReady)
    }

    @Test("A wrong key never gets in, whatever it is and wherever it stands")
    func wrongKey() async throws {
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay, "main")
        let key = relay.configuration.publishKey ?? ""
        for stream in [
            "main", "main?key=", "main?key=wrong", "main?key=\(key)x", "main?key=\(key.dropLast())", "main?kez=\(key)",
            "main?key=\(key.uppercased())",
        ] {
            let refusal = try #require(try await TestPublisher(relay, stream: stream).refusal(), "\(stream)")
            #expect(refusal.code == .publishDenied, "\(stream)")
            #expect(refusal.description.contains("key"), "\(refusal.description)")
        }
        for app in ["live?key=wrong", "other?key=\(key)"] {
            #expect(try await TestPublisher(relay, app: app, stream: "main").refusal() != nil, "\(app)")
        }
        try await bystander.goesOn()
        // Where the right one may stand.
        #expect(try await TestPublisher(relay, stream: "a?key=\(key)").refusal() == nil)
        #expect(try await TestPublisher(relay, app: "live?key=\(key)", stream: "b").refusal() == nil)
        let address = "rtmp://\(relay.addresses["rtmp"] ?? "")/live?key=\(key)"
        #expect(try await TestPublisher(relay, stream: "c", tcUrl: address).refusal() == nil)
    }

    @Test("No key is in the log, right or wrong, wherever it stood", .timeLimit(.minutes(1)))
    func secrets() async throws {
        var configuration = RelayConfiguration()
        configuration.publishKey = "RightSecret42"
        let relay = try await RelayProcess.start(configuration, arguments: ["--log-level", "trace"])
        let server = relay.addresses["rtmp"] ?? ""
        for key in ["RightSecret42", "WrongSecret43"] {
            for stream in ["a?key=\(key)", "a?x=1&key=\(key)&y=2", "a?Key=\(key)", "a?key%3D\(key)", "a&key=\(key)"] {
                _ = try await TestPublisher(relay, stream: stream).refusal()
            }
            _ = try await TestPublisher(relay, app: "live?key=\(key)", stream: "b").refusal()
            _ = try await TestPublisher(relay, app: "live/x?key=\(key)", stream: "b").refusal()
            _ = try await TestPublisher(relay, app: "else?key=\(key)", stream: "b?key=\(key)").refusal()
            _ = try await TestPublisher(relay, stream: "c", tcUrl: "rtmp://\(server)/live?key=\(key)").refusal()
            _ = try await HTTP.head(relay.stream("main", ".flv?token=\(key)&key=\(key)"))
            _ = try await HTTP.get(relay.page("nothing?key=\(key)"))
        }
        let ended = try await relay.stop()
        #expect(ended.ending == .exit(0))
        #expect(relay.log.contains("refused"))
        #expect(!relay.log.contains("Secret4"), "\(relay.logLines.filter { $0.contains("Secret4") })")
    }
}
