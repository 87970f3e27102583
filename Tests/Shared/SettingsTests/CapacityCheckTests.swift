import Settings
import Testing

/// What is said of a memory that does not hold what is admitted.
@Suite struct CapacityCheckTests {
    private static func decoded(_ limits: String) throws -> Configuration {
        let text = """
            listen: { rtmp: 127.0.0.1:1935, http: 127.0.0.1:8080 }
            relays:
              live:
                limits:
                  \(limits)
            """
        return try ConfigurationDecoder(fileName: "t.yaml").decode(Array(text.utf8))
    }

    @Test func `streams that are kept for fewer seconds are a warning, with line and key`() throws {
        let decoded = try Self.decoded("memory: 512MiB")
        #expect(decoded.shortages.isEmpty)
        let warning = try #require(decoded.warnings.first?.description)
        #expect(decoded.warnings.count == 1)
        #expect(
            warning.hasPrefix("t.yaml:5: relays.live.limits.memory: 8 streams at 4Mbit/s in 4 formats"),
            "\(warning)"
        )
    }

    @Test func `one stream that does not fit is more than a warning`() throws {
        let decoded = try Self.decoded("{ memory: 32MiB, bitrate: 20Mbit/s }")
        #expect(decoded.warnings.isEmpty)
        let shortage = try #require(decoded.shortages.first?.description)
        #expect(
            shortage.hasPrefix("t.yaml:5: relays.live.limits.memory: not even one stream at 20Mbit/s"),
            "\(shortage)"
        )
    }

    @Test func `a tape that is too small is a warning of its own`() throws {
        let decoded = try Self.decoded("{ memory: 1GiB, streams: 2, tape: 4MiB }")
        #expect(decoded.warnings.map(\.path) == [["relays", "live", "limits", "tape"]])
    }

    @Test func `what fits is not spoken of`() throws {
        let decoded = try Self.decoded("{ memory: 256MiB, bitrate: 500kbit/s }")
        #expect(decoded.warnings.isEmpty && decoded.shortages.isEmpty)
    }
}
