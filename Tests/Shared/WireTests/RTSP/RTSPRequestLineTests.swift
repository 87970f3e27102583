import Testing
import Wire

@Suite struct RTSPRequestLineTests {
    @Test(arguments: [
        " rtsp://host/live RTSP/1.0", "OPT(IONS * RTSP/1.0", "OPTIONS  RTSP/1.0", "OPTIONS", "OPTIONS * ABCD/1.0",
    ])
    func refusesWhatIsNoRequest(_ line: String) {
        #expect(throws: RTSPRequestLine.Fault.malformed) { _ = try RTSPRequestLine(line) }
    }

    /// The door reads the line alone, and the relay with all that follows.
    @Test func partsBytes() throws {
        let line = try RTSPRequestLine("OPTIONS \u{301}rtsp://host/a\u{2028}b\u{b}/c RTSP/1.0\r")
        #expect(line.uri == "\u{301}rtsp://host/a\u{2028}b\u{b}/c")
    }

    @Test func refusesAnotherVersion() {
        #expect(throws: RTSPRequestLine.Fault.unsupportedVersion) { _ = try RTSPRequestLine("OPTIONS * RTSP/2.0") }
    }
}
