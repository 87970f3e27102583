import Contract
import Streams
import Testing

@Suite struct RefusalTests {
    @Test func aRelayDoesNotBecomeAnother() throws {
        let spec = try RelaySpec(name: RelayName("live"))
        let error = #expect(throws: SpecError.self) { _ = try spec.changed(to: RelaySpec(name: RelayName("other"))) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("cannot become 'other'"))
    }
}
