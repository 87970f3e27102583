import NIOCore
import Testing
import Wire

@Suite struct RTSPServerSessionTests {
    private static let base = RTSPPeer.base

    // MARK: Publishing

    @Test func aPublisherGoesFromAnnounceToPackets() throws {
        var peer = RTSPPeer()
        let options = try peer.ask("OPTIONS", Self.base)
        #expect(options.map(\.status) == [.ok])
        #expect(options[0].headers["Public"]?.contains("RECORD") == true)
        #expect(options[0].headers["CSeq"] == "1")

        let nothing = try peer.ask(
            "ANNOUNCE",
            "\(Self.base)?key=k",
            ["Content-Type": "application/sdp", "User-Agent": "Lavf"],
            body: "v=0\r\n"
        )
        #expect(nothing.isEmpty)
        guard case .announce(let announced)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(announced.address.relay == "live" && announced.address.stream == "main")
        #expect(announced.address.query["key"] == "k")
        #expect(announced.description == ByteBuffer(string: "v=0\r\n"))
        #expect(announced.agent == "Lavf" && announced.credentials == nil)
        #expect(try peer.answer { $0.acceptAnnounce(controls: ["streamid=0", "streamid=1"]) }.map(\.status) == [.ok])

        try peer.ask(
            "SETUP",
            "\(Self.base)?key=k/streamid=1",
            ["Transport": "RTP/AVP/TCP;unicast;interleaved=4-5;mode=record"]
        )
        guard case .setup(let setup)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(setup.media == 1 && setup.records && setup.offers.count == 1)
        let answer = try peer.answer { $0.acceptSetup(setup.offers[0]) }
        #expect(answer[0].headers["Session"] == "0000000000001234;timeout=60")
        #expect(answer[0].headers["Transport"]?.contains("interleaved=4-5") == true)

        try peer.ask("RECORD", Self.base, ["Session": "0000000000001234", "Range": "npt=0.000-"])
        #expect(peer.takeEvents() == [.record])
        // Publishers do not wait for the answer.
        peer.frame(4, "rtp")
        #expect(peer.takeEvents().isEmpty)
        #expect(try peer.answer { $0.acceptRecord() }.map(\.status) == [.ok])
        peer.frame(5, "rtcp")
        peer.frame(0, "nobody's")
        #expect(
            peer.takeEvents() == [
                .packet(RTSPPacket(media: 1, isRTCP: false, payload: RTSPPeer.packet("rtp"))),
                .packet(RTSPPacket(media: 1, isRTCP: true, payload: RTSPPeer.packet("rtcp"))),
            ]
        )
        // One of a channel that nobody set up is taken for a frame once it is clear that a message follows.
        #expect(peer.server.unknownFrames == 0)
        let end = try peer.ask("TEARDOWN", Self.base, ["Session": "0000000000001234"])
        #expect(end.map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.teardown])
        #expect(peer.server.unknownFrames == 1)
        peer.frame(4, "late")
        #expect(peer.takeEvents().isEmpty)
        #expect(peer.server.unknownFrames == 2)
    }

    @Test func aPublisherPausesAndGoesOn() throws {
        var peer = try RTSPPeer.recording()
        #expect(try peer.ask("PAUSE", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(true)])
        #expect(try peer.ask("RECORD", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(false)])
    }

    @Test func channelsThatClashAreGivenAnew() throws {
        var peer = RTSPPeer()
        try peer.ask("ANNOUNCE", Self.base, body: "v=0")
        _ = try peer.answer { $0.acceptAnnounce(controls: ["a", "b"]) }
        try peer.setup("a", "RTP/AVP/TCP;interleaved=0-1")
        try peer.ask("SETUP", "\(Self.base)/b", ["Transport": "RTP/AVP/TCP;interleaved=1-2"])
        guard case .setup(let setup)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(peer.server.channels(for: setup, offer: setup.offers[0]) == .init(rtp: 2, rtcp: 3))
    }

    // MARK: Playing

    @Test func aViewerGoesFromDescribeToPlay() throws {
        var peer = RTSPPeer()
        try peer.ask("DESCRIBE", "\(Self.base)?token=t", ["Accept": "application/sdp"])
        guard case .describe(let request)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(request.address.query["token"] == "t")
        let described = try peer.answer { $0.acceptDescribe("v=0\r\n") }
        #expect(described[0].headers["Content-Base"] == "\(Self.base)/")
        #expect(described[0].headers["Content-Type"] == "application/sdp")
        #expect(described[0].body == ByteBuffer(string: "v=0\r\n"))
        #expect(described[0].headers["Session"] == nil)
        #expect(peer.server.base == nil)
        for track in 0..<2 {
            let answer = try peer.setup("trackID=\(track)", "RTP/AVP/TCP;interleaved=\(2 * track)-\(2 * track + 1)")
            #expect(answer.map(\.status) == [.ok])
        }
        #expect(peer.server.setups.keys.sorted() == [0, 1])
        #expect(peer.server.base == Self.base)
        try peer.ask("PLAY", "\(Self.base)/", ["Range": "npt=0.000-"])
        #expect(peer.takeEvents() == [.play])
        let played = try peer.answer { $0.acceptPlay(information: "url=x;seq=1") }
        #expect(played[0].headers["RTP-Info"] == "url=x;seq=1")
        // Receiver reports of a viewer are nothing to tell.
        peer.frame(1, "report")
        #expect(peer.takeEvents().isEmpty && peer.server.unknownFrames == 0)
    }

    @Test func aViewerPausesSeeksAndKeepsAlive() throws {
        var peer = try RTSPPeer.playing()
        #expect(try peer.ask("PLAY", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents().isEmpty)
        #expect(try peer.ask("PAUSE", Self.base).map(\.status) == [.ok])
        #expect(try peer.ask("PAUSE", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(true)])
        #expect(try peer.ask("PLAY", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(false)])
        for method in ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER"] {
            let answer = try peer.ask(method, Self.base, ["Session": "0000000000001234"])
            #expect(answer.map(\.status) == [.ok])
            #expect(answer[0].headers["Session"] == "0000000000001234;timeout=60")
        }
        #expect(try peer.ask("GET_PARAMETER", Self.base, body: "packets_received\r\n").map(\.status.rawValue) == [451])
        #expect(peer.takeEvents().isEmpty)
    }

    @Test func aTrackWithoutANameIsTheNext() throws {
        var peer = RTSPPeer()
        for expected in 0..<2 {
            try peer.ask("SETUP", Self.base, ["Transport": "RTP/AVP;unicast;client_port=5000-5001"])
            guard case .setup(let setup)? = peer.takeEvents().last else {
                Issue.record("no question")
                return
            }
            #expect(setup.media == expected)
            _ = try peer.answer { $0.acceptSetup(setup.offers[0]) }
        }
    }

    @Test func anotherSessionOfTheConnectionHasAnotherName() throws {
        var peer = try RTSPPeer.playing()
        try peer.ask("TEARDOWN", Self.base)
        let answer = try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        #expect(answer[0].headers["Session"] == "0000000000001235;timeout=60")
        #expect(try peer.ask("PLAY", Self.base, ["Session": "0000000000001234"]).isEmpty)
        #expect(try peer.answer { $0.denyControl() }.map(\.status.rawValue) == [454])
        try peer.ask("PLAY", Self.base, ["Session": "0000000000001235;timeout=60"])
        #expect(peer.takeEvents().last == .play)
    }

    // MARK: Authentication

    @Test func aClientIsChallengedAndComesAgain() throws {
        var peer = RTSPPeer()
        try peer.ask("DESCRIBE", Self.base)
        let refused = try peer.answer { $0.refuse(RTSPRefusal(.unauthorized, "A token is needed.")) }
        #expect(refused.map(\.status) == [.unauthorized])
        #expect(refused[0].reason == "A token is needed.")
        let challenges = refused[0].headers.all("WWW-Authenticate")
        #expect(challenges.count == 3)
        #expect(challenges[0].contains("SHA-256") && challenges[0].contains("nonce=\"000000000000abcd\""))
        #expect(challenges[1].contains("MD5") && challenges[2].hasPrefix("Basic"))
        _ = peer.takeEvents()
        try peer.ask("DESCRIBE", Self.base, ["Authorization": "Basic OnM6dA=="])
        guard case .describe(let request)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(request.credentials?.show(password: "s:t") == true)
    }

    @Test func aLoginForSomethingElseIsRefused() throws {
        var configuration = RTSPSessionConfiguration()
        configuration.limits.refusals = 2
        var peer = RTSPPeer(configuration)
        func header(realm: String, uri: String) -> [String: String] {
            let nonce = "000000000000abcd"
            return [
                "Authorization":
                    "Digest username=\"u\", realm=\"\(realm)\", nonce=\"\(nonce)\", uri=\"\(uri)\", response=\"y\""
            ]
        }
        let realm = try peer.ask("DESCRIBE", Self.base, header(realm: "elsewhere", uri: Self.base))
        #expect(realm.map(\.status) == [.unauthorized])
        #expect(realm[0].headers.all("WWW-Authenticate").first?.contains("stale") == false)
        let uri = try peer.ask("DESCRIBE", Self.base, header(realm: "transponder", uri: "rtsp://host/live/other"))
        #expect(uri.map(\.status) == [.badRequest])
        #expect(peer.takeEvents().isEmpty)
        // The address of the whole for a track, a path, another name of the host: all mean the same stream.
        let served = ["rtsp://10.0.0.1/live/main?token=x", "/live/main", "\(Self.base)/", "\(Self.base)/trackID=1"]
        for uri in served {
            try peer.ask("DESCRIBE", Self.base, header(realm: "transponder", uri: uri))
            guard case .describe? = peer.takeEvents().last else {
                Issue.record("refused for \(uri)")
                return
            }
            _ = try peer.answer { $0.acceptDescribe("v=0") }
        }
        try peer.ask("DESCRIBE", Self.base, header(realm: "elsewhere", uri: Self.base))
        guard case .close(let error)? = peer.takeEvents().last else {
            Issue.record("still open")
            return
        }
        #expect(error?.reason == .tooManyRefusals(limit: 2))
    }

    @Test func aForeignNonceIsStale() throws {
        var peer = RTSPPeer()
        let header = "Digest username=\"u\", realm=\"transponder\", nonce=\"other\", uri=\"x\", response=\"y\""
        let answer = try peer.ask("DESCRIBE", Self.base, ["Authorization": header])
        #expect(answer.map(\.status) == [.unauthorized])
        #expect(answer[0].headers.all("WWW-Authenticate").first?.contains("stale=\"true\"") == true)
        #expect(peer.takeEvents().isEmpty)
    }

    @Test func whoGuessesIsSentAway() throws {
        var configuration = RTSPSessionConfiguration()
        configuration.limits.refusals = 2
        var peer = RTSPPeer(configuration)
        for round in 0..<3 {
            try peer.ask("DESCRIBE", Self.base, ["Authorization": "Basic OnM6dA=="])
            let answer = try peer.answer { $0.refuse(RTSPRefusal(.unauthorized, "No.")) }
            #expect(answer.map(\.status) == [.unauthorized])
            guard round == 2 else { continue }
            guard case .close(let error)? = peer.takeEvents().last else {
                Issue.record("still open")
                return
            }
            #expect(error?.reason == .tooManyRefusals(limit: 2))
        }
    }

    // MARK: Wrong order

    static let wrong: [(String, Int)] = [
        ("PLAY", 455), ("RECORD", 455), ("PAUSE", 455), ("TEARDOWN", 454), ("REDIRECT", 501), ("play", 501),
    ]

    @Test(arguments: Self.wrong)
    func methodsOutOfOrderAreRefused(_ method: String, _ status: Int) throws {
        var peer = RTSPPeer()
        #expect(try peer.ask(method, Self.base).map(\.status.rawValue) == [status])
        #expect(peer.takeEvents().isEmpty)
        #expect(try peer.ask("OPTIONS", "*").map(\.status) == [.ok])
    }

    @Test func whatDoesNotFitTheRoleIsRefused() throws {
        var publisher = try RTSPPeer.recording()
        for method in ["PLAY", "DESCRIBE", "ANNOUNCE", "SETUP"] {
            #expect(try publisher.ask(method, Self.base).map(\.status.rawValue) == [455])
        }
        var viewer = try RTSPPeer.playing()
        for method in ["RECORD", "DESCRIBE", "ANNOUNCE", "SETUP"] {
            #expect(try viewer.ask(method, Self.base).map(\.status.rawValue) == [455])
        }
        var announced = RTSPPeer()
        try announced.ask("ANNOUNCE", Self.base, body: "v=0")
        _ = try announced.answer { $0.acceptAnnounce(controls: ["a"]) }
        #expect(try announced.ask("RECORD", Self.base).map(\.status.rawValue) == [455])
        #expect(try announced.ask("PLAY", Self.base).map(\.status.rawValue) == [455])
        #expect(
            try announced.ask("SETUP", "\(Self.base)/b", ["Transport": "RTP/AVP/TCP"]).map(\.status.rawValue) == [459]
        )
    }

    @Test func aSecondSessionIsRefused() throws {
        var peer = RTSPPeer()
        try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        let other = try peer.ask("SETUP", "rtsp://host/live/slides/trackID=0", ["Transport": "RTP/AVP/TCP"])
        #expect(other.map(\.status.rawValue) == [459])
        for method in ["SETUP", "ANNOUNCE", "DESCRIBE", "RECORD"] {
            let foreign = try peer.ask(method, Self.base, ["Session": "12345678"])
            #expect(foreign.map(\.status.rawValue) == [454])
        }
        #expect(peer.takeEvents().isEmpty)
    }

    @Test func transportsThatAreNotServedAreRefused() throws {
        var peer = RTSPPeer()
        for transport in ["", "RTP/SAVP;unicast;client_port=1-2", "RAW/RAW/UDP;unicast", "nonsense"] {
            let answer = try peer.ask("SETUP", "\(Self.base)/trackID=0", ["Transport": transport])
            #expect(answer.map(\.status.rawValue) == [461])
        }
        try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        let mixed = try peer.ask("SETUP", "\(Self.base)/trackID=1", ["Transport": "RTP/AVP;client_port=5000-5001"])
        #expect(mixed.map(\.status.rawValue) == [461])
        let far = try peer.ask("SETUP", "\(Self.base)/trackID=16", ["Transport": "RTP/AVP/TCP"])
        #expect(far.map(\.status.rawValue) == [404])
    }

    @Test func requestsThatLackWhatTheyNeedAreRefused() throws {
        var peer = RTSPPeer()
        let bare = try peer.send("OPTIONS * RTSP/1.0\r\n\r\n")
        #expect(bare.map(\.status.rawValue) == [400])
        #expect(bare[0].headers["CSeq"] == nil)
        let require = try peer.ask("PLAY", Self.base, ["Require": "onvif-replay"])
        #expect(require.map(\.status.rawValue) == [551])
        #expect(require[0].headers["Unsupported"] == "onvif-replay")
        #expect(
            try peer.ask("ANNOUNCE", Self.base, ["Content-Type": "text/plain"], body: "x").map(\.status.rawValue) == [
                415
            ]
        )
        #expect(try peer.ask("OPTIONS", "*", ["Timestamp": "1.5"])[0].headers["Timestamp"] == "1.5")
    }

    @Test func whatIsNotRTSPIsToldAndClosed() throws {
        var peer = RTSPPeer()
        let answer = try peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.map(\.status.rawValue) == [505])
        guard case .close(let error)? = peer.takeEvents().last else {
            Issue.record("still open")
            return
        }
        #expect(error?.reason == .unsupportedVersion)
        #expect(try peer.ask("OPTIONS", "*").isEmpty)
    }

    @Test func aPeerThatDoesNotWaitIsBounded() throws {
        var configuration = RTSPSessionConfiguration()
        configuration.limits.undecidedBytes = 100
        var peer = RTSPPeer(configuration)
        try peer.ask("DESCRIBE", Self.base)
        let answer = try peer.send(String(repeating: "x", count: 101))
        #expect(answer.map(\.status.rawValue) == [413])
        guard case .close(let error)? = peer.takeEvents().last else {
            Issue.record("still open")
            return
        }
        #expect(error?.reason == .tooManyUndecidedBytes(limit: 100))
        #expect(try peer.answer { $0.acceptDescribe("v=0") }.isEmpty)
    }

    @Test func answersInVainDoNothing() {
        var session = RTSPServerSession(configuration: RTSPSessionConfiguration(), identifier: 1, nonce: 2)
        #expect(session.acceptPlay().isEmpty)
        #expect(session.acceptRecord().isEmpty)
        #expect(session.acceptDescribe("").isEmpty)
        #expect(session.acceptAnnounce(controls: []).isEmpty)
        #expect(session.acceptSetup(RTSPTransport()).isEmpty)
        #expect(session.acceptControl().isEmpty)
        #expect(session.denyControl().isEmpty)
        #expect(session.refuse(RTSPRefusal(.notFound, "")).isEmpty)
    }
}
