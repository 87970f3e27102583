import Testing
import Wire

@Suite struct RTSPRequestLineTests {
    @Test(arguments: [
        " rtsp://host/live RTSP/1.0", "OPT(IONS * RTSP/1.0", "OPTIONS  RTSP/1.0", "OPTIONS", "OPTIONS * ABCD/1.0",
    ])
    func refusesWhatIsNoRequest(_ line: String) {
        #expect(throws: RTSPRequestLine.Fault.malformed) { _ = try RTSPRequestLine(line) }
    }

    @Test func refusesAnotherVersion() {
        #expect(throws: RTSPRequestLine.Fault.unsupportedVersion) { _ = try RTSPRequestLine("OPTIONS * RTSP/2.0") }
    }
}
