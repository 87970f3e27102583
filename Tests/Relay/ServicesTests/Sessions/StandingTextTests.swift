import Sessions
import Testing

/// What is written down of a publisher, as anybody may have written it.
@Suite struct StandingTextTests {
    private struct Place: Codable, Equatable {
        var offset: Int64
        var name: String
    }

    private static func read(_ text: String) -> Place? { StandingText.read(Array(text.utf8)) }

    @Test func isReadAsItWasWritten() throws {
        let place = Place(offset: -1_790_000_000_000_000, name: #"a "12345678901234567890" \ 1.5e9"#)
        #expect(StandingText.read(try #require(StandingText.write(place))) == place)
    }

    @Test(
        arguments: [
            "", "{}", #"{"version":0,"standing":{"offset":1,"name":""}}"#,
            #"{"version":2,"standing":{"offset":12345678901234567,"name":""}}"#,
            #"{"version":2,"standing":{"offset":1.0,"name":""}}"#,
            #"{"version":2,"standing":{"offset":1e3,"name":""}}"#,
            #"{"version":2,"standing":{"offset":1,"name":"\"}}"#,
        ]
    )
    func isRefusedWhereNumbersAreNotModestOrTheVersionIsAnother(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test func modestNumbersAreRead() {
        #expect(
            Self.read(#"{"version":2,"standing":{"offset":1234567890123456,"name":""}}"#)?.offset
                == 1_234_567_890_123_456
        )
    }
}
