import Testing
import Wire

/// Keys come in queries; nothing that may be logged prints them.
@Suite struct RTMPRedactionTests {
    private static func texts(_ value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return ["\(value)", String(describing: value), String(reflecting: value), dumped]
    }

    private static var secrets: [Any] {
        let connection = RTMPConnectRequest([
            "app": "live?key=s3cret", "tcUrl": "rtmp://user:s3cret@host/live?token=s3cret", "flashVer": "x",
        ])
        let address = RTMPStreamAddress(name: "main?key=s3cret&x=s3cret", on: connection)
        var configuration = RTMPSessionConfiguration()
        configuration.authentication = AdobeAuthentication(user: "venue", password: "s3cret", secret: 1)
        return [
            connection, address, address.query,
            RTMPPublishRequest(address: address), RTMPPlayRequest(address: address),
            RTMPServerEvent.connect(connection), RTMPServerEvent.publish(RTMPPublishRequest(address: address)),
            configuration, configuration.authentication as Any,
            RTMPClientConfiguration(role: .publish, url: "rtmp://host/live/main?key=s3cret") as Any,
            RTMPClientConfiguration(role: .publish, url: "rtmp://host/live?key=s3cret/main") as Any,
        ]
    }

    @Test func nothingPrintsAKey() {
        for value in Self.secrets {
            for text in Self.texts(value) {
                #expect(!text.contains("s3cret"))
            }
        }
    }

    @Test func namesArePrinted() {
        #expect("\(QueryString(parsing: "key=s3cret&token=s3cret"))" == "key=***&token=***")
    }

    @Test func aSessionThatHoldsAKeyDoesNotPrintIt() throws {
        var peer = try RTMPPeer.connected(app: "live?key=s3cret")
        for text in Self.texts(peer.server) {
            #expect(!text.contains("s3cret"))
        }
        peer.events += try peer.server.acceptConnect()
        try peer.call("publish", 2, nil, "main?key=s3cret")
        for text in Self.texts(peer.server) {
            #expect(!text.contains("s3cret"))
        }
    }
}
