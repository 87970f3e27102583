import Contract
import Testing

@Suite struct WireProtocolTests {
    @Test func addressesSayTheirPortUnlessItIsTheProtocolsOwn() {
        #expect(WireProtocol.rtmp.base(host: "h", port: 1935) == "rtmp://h")
        #expect(WireProtocol.rtmp.base(host: "h", port: 1936) == "rtmp://h:1936")
        #expect(WireProtocol.https.base(host: "h", port: 443) == "https://h")
        #expect(WireProtocol.srt.base(host: "h", port: 8890) == "srt://h:8890")
    }

    @Test func everyProtocolOfTCPIsGivenToRelaysAsItIsInsideOfTLS() {
        for kind in WireProtocol.allCases {
            #expect((kind.stage != nil) == (kind.transport == .tcp), "\(kind)")
            if let inside = kind.insideTLS { #expect(inside.stage == kind.stage && !inside.isSecure) }
        }
        #expect(Set(WireProtocol.allCases.compactMap(\.stage)) == Set(Handover.Stage.allCases))
    }

    @Test func whatIsListenedForIsFoundByItsProtocol() throws {
        var listen = ListenSpec(rtsp: try ListenAddress("0.0.0.0:8554"))
        listen[.srt] = try ListenAddress("0.0.0.0:8890")
        #expect(listen.rtsp?.port == 8554)
        #expect(listen.srt?.port == 8890)
        listen[.rtsp] = nil
        #expect(WireProtocol.allCases.filter { listen[$0] != nil } == [.srt])
    }
}
