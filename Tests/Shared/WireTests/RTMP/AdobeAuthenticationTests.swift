import Testing
import Wire

@Suite struct AdobeAuthenticationTests {
    private static let authentication = AdobeAuthentication(user: "venue", password: "s3cret", secret: 7)

    /// What a client does with a description, as OBS and librtmp do it.
    private static func answer(_ description: String, password: String, challenge: String = "AAAAAA==") -> QueryString {
        let start = description.firstRange(of: "?reason=needauth&")?.upperBound ?? description.endIndex
        let told = QueryString(parsing: description[start...])
        let salted = AdobeAuthentication.digest((told["user"] ?? "") + (told["salt"] ?? "") + password)
        let response = AdobeAuthentication.digest(salted + (told["opaque"] ?? "") + challenge)
        return QueryString(
            parsing: """
                authmod=adobe&user=\(told["user"] ?? "")&challenge=\(challenge)&response=\(response)\
                &opaque=\(told["opaque"] ?? "")
                """
        )
    }

    private static func challenge(user: String, nonce: UInt64 = 1) -> String {
        guard
            case .refuse(let description) = Self.authentication.judge(
                QueryString(parsing: "authmod=adobe&user=\(user)"),
                nonce: nonce
            )
        else { return "" }
        return description
    }

    @Test func threeConnectionsMakeALogin() {
        guard case .refuse(let first) = Self.authentication.judge(QueryString(), nonce: 1) else {
            Issue.record("accepted nobody")
            return
        }
        #expect(first.contains("code=403 need auth") && first.contains("authmod=adobe"))
        let second = Self.challenge(user: "venue")
        #expect(second.contains("authmod=adobe") && second.contains("?reason=needauth&user=venue&salt="))
        let answer = Self.answer(second, password: "s3cret")
        #expect(Self.authentication.judge(answer, nonce: 2) == .accept(user: "venue"))
    }

    @Test func refusesWhoDoesNotKnow() {
        let wrong = Self.answer(Self.challenge(user: "venue"), password: "guess")
        let foreign = Self.answer(Self.challenge(user: "other"), password: "s3cret")
        let failed = AdobeAuthentication.Verdict.refuse(
            "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed"
        )
        #expect(Self.authentication.judge(wrong, nonce: 2) == failed)
        #expect(Self.authentication.judge(foreign, nonce: 2) == failed)
    }

    /// A comparison that forgets differences on its way lets some of these in.
    @Test func refusesEveryOneOfManyWrongPasswords() {
        for number in 0..<500 {
            let answer = Self.answer(Self.challenge(user: "venue", nonce: UInt64(number)), password: "guess \(number)")
            #expect(Self.authentication.judge(answer, nonce: 2) != .accept(user: "venue"))
        }
    }

    @Test func refusesChallengesThatItDidNotMake() {
        let other = AdobeAuthentication(user: "venue", password: "s3cret", secret: 8)
        guard case .refuse(let theirs) = other.judge(QueryString(parsing: "authmod=adobe&user=venue"), nonce: 1) else {
            Issue.record("accepted nobody")
            return
        }
        let answer = Self.answer(theirs, password: "s3cret")
        #expect(Self.authentication.judge(answer, nonce: 2) != .accept(user: "venue"))
    }

    /// RFC 1321 appendix A.5, as Base64 of the digests there.
    @Test(arguments: [
        ("", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("a", "DMF1ucDxtqgxw5niaXcmYQ=="), ("abc", "kAFQmDzST7DWlj99KOF/cg=="),
        ("message digest", "+WtpfXy3k41SWi8xqvFh0A=="),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "V+30oivjyVWsSdouIQe2eg=="
        ),
    ])
    func digestsAsTheRFCShows(_ text: String, _ digest: String) {
        #expect(AdobeAuthentication.digest(text) == digest)
    }

    @Test func asksOnlyEncodersWithoutAKey() throws {
        var configuration = RTMPSessionConfiguration()
        configuration.authentication = Self.authentication
        let encoder: AMFValue = "FMLE/3.0 (compatible; FMSc/1.0)"
        let connect = { (app: AMFValue, flashVer: AMFValue) in
            var peer = try RTMPPeer.connected(app: app, tcUrl: "rtmp://host/live", flashVer: flashVer, configuration)
            return peer.takeEvents()
        }
        #expect(try connect("live", encoder) == [.close])
        // librtmp has no name, but a type
        var peer = try RTMPPeer.connected(flashVer: "", extra: ["type": "nonprivate"], configuration)
        #expect(peer.takeEvents() == [.close])
        for event in try connect("live", "LNX 9,0,124,2") + connect("live?key=x", encoder) {
            guard case .connect = event else {
                Issue.record("asked for a login")
                return
            }
        }
    }

    @Test func theRequestTellsWhoLoggedIn() throws {
        var configuration = RTMPSessionConfiguration()
        configuration.authentication = Self.authentication
        let answer = Self.answer(Self.challenge(user: "venue"), password: "s3cret")
        let query = answer.items.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        var peer = try RTMPPeer.connected(app: .string("live?\(query)"), flashVer: "FMLE/3.0", configuration)
        peer.events += try peer.server.acceptConnect()
        _ = peer.takeEvents()
        try peer.call("publish", 2, nil, "main")
        guard case .publish(let request)? = peer.takeEvents().first else {
            Issue.record("no question")
            return
        }
        #expect(request.user == "venue")
        #expect(request.stream == "main")
    }
}
