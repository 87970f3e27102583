import Logging
import Logs
import Testing

@Suite struct LogLevelTests {
    @Test func namesAreRead() throws {
        for level in Logger.Level.allCases { #expect(try LogLevel.named(level.rawValue) == level) }
        #expect(try LogLevel.named("DEBUG") == .debug)
        #expect(try LogLevel.of([:]) == .info)
        #expect(try LogLevel.of(["TRANSPONDER_LOG_LEVEL": ""]) == .info)
        #expect(try LogLevel.of(["TRANSPONDER_LOG_LEVEL": "error"]) == .error)
    }

    @Test func othersAreRefusedInWords() throws {
        let error = #expect(throws: LogLevel.Unknown.self) { try LogLevel.of(["TRANSPONDER_LOG_LEVEL": "loud"]) }
        #expect(error?.description.hasPrefix("'TRANSPONDER_LOG_LEVEL=loud' is not one of trace, debug") == true)
    }
}
