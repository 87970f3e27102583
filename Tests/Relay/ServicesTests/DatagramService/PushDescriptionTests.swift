import Contract
import Logging
import Sessions
import Streams
import Testing

/// Who asks for the description of what a stream is sent to is told why there is none.
@Suite struct PushDescriptionTests {
    private static func text(_ stream: String, to name: String? = nil) throws -> String {
        let push = try PushSpec(name: DestinationName("hall"), to: PushDestination("rtp://10.0.0.9:5004"))
        let spec = try RelaySpec(
            name: RelayName("live"),
            streams: [
                StreamSpec(name: StreamName("main"), push: [push]), StreamSpec(name: StreamName("slides")),
            ]
        )
        let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try PushDescription.text(of: StreamName(stream), to: name, spec, hub)
    }

    @Test func aStreamThatIsSentNowhereHasNone() throws {
        #expect(throws: PushDescriptionError.noDestination("'slides'", nil, [])) { _ = try Self.text("slides") }
        #expect(throws: PushDescriptionError.noDestination("'main'", "attic", ["hall"])) {
            _ = try Self.text("main", to: "attic")
        }
    }

    @Test func aNameThatIsNoStreamIsNotShownWhole() throws {
        do {
            _ = try Self.text("topsecretkey")
            Issue.record("it has one")
        } catch let error as PushDescriptionError {
            #expect(!"\(error)".contains("topsecretkey"), "\(error)")
        }
    }

    @Test func tracksAreKnownWhenSomebodyPublishes() throws {
        #expect(throws: PushDescriptionError.unknownTracks(try StreamName("main"))) { _ = try Self.text("main") }
    }
}
