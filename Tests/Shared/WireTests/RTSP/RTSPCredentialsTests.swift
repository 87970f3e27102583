import Testing
import Wire

@Suite struct RTSPCredentialsTests {
    private static func credentials(_ header: String, _ method: RTSPMethod = .describe) -> RTSPCredentials? {
        RTSPCredentials(header: header, method: method)
    }

    @Test func basicIsUnderstood() throws {
        // Aladdin:open sesame, RFC 2617 section 2.
        let shown = try #require(Self.credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="))
        #expect(shown.user == "Aladdin")
        #expect(shown.show(password: "open sesame"))
        #expect(!shown.show(password: "open sesam"))
        #expect(!shown.show(password: ""))
        #expect(Self.credentials("basic OnM6dA==")?.show(password: "s:t") == true)
    }

    /// RFC 2617 section 3.5, whose method is GET, and RFC 7616 section 3.9.1 with both algorithms.
    @Test func theExamplesOfTheStandardsAreUnderstood() throws {
        let old = """
            Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
             uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",
             response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """.split(separator: "\n").joined()
        let get = RTSPMethod(rawValue: "GET")
        #expect(try #require(Self.credentials(old, get)).show(password: "Circle Of Life"))
        #expect(try !#require(Self.credentials(old, .play)).show(password: "Circle Of Life"))
        #expect(try !#require(Self.credentials(old, get)).show(password: "Circle of life"))
        let common = """
            Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html",
             nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,
             cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth
            """.split(separator: "\n").joined()
        let md5 = common + ", algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\""
        let sha256 =
            common
            + ", algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""
        for header in [md5, sha256] {
            #expect(try #require(Self.credentials(header, get)).show(password: "Circle of Life"))
            #expect(try !#require(Self.credentials(header, get)).show(password: "x"))
        }
    }

    @Test func withoutQualityTheOldFormHolds() throws {
        // md5(md5("u:transponder:p"):n:md5("DESCRIBE:rtsp://h/live/main")), RFC 2069 section 2.1.2.
        let header = """
            Digest username="u", realm="transponder", nonce="n", uri="rtsp://h/live/main", \
            response="a38e96e8660b1a156885d55a633d9c0a", algorithm=MD5
            """
        #expect(Self.credentials(header)?.show(password: "p") == true)
        #expect(Self.credentials(header)?.show(password: "other") == false)
    }

    /// The name as it is written and as it is meant, and md5(md5("NAME:transponder:p"):n:md5("DESCRIBE:rtsp://h/live/main"))
    /// of the one or the other, as clients hash them.
    @Test(arguments: [
        (#"a\"b\\c"#, #"a"b\c"#, "34ef3b39769367872dd1dccbec64e89e"),
        (#"a\"b\\c"#, #"a"b\c"#, "4ee97d54377b3f6ec10f5edc1cc99ce7"),
        (#"DOMAIN\user"#, #"DOMAINuser"#, "b72ca0a86d92a0b3f451c44fe89bf365"),
        (#"Kyoto, hall=\"2\""#, #"Kyoto, hall="2""#, "1cc0f92bb7bb73a50449734de8fad8a7"),
    ])
    func quotedPairsOfAUserAreRead(_ written: String, _ user: String, _ response: String) throws {
        let header =
            "Digest username=\"\(written)\", realm=\"transponder\", nonce=\"n\", uri=\"rtsp://h/live/main\", "
            + "response=\"\(response)\""
        let shown = try #require(Self.credentials(header))
        #expect(shown.user == user && shown.claims(user: user) && shown.claims(user: written))
        #expect(!shown.claims(user: "other"))
        #expect(shown.show(password: "p") && !shown.show(password: "q"))
    }

    /// The quote behind an undoubled backslash ends the value all the same where nothing else makes sense.
    @Test func aNameMayEndInABackslash() throws {
        for name in ["user\\", "user\\\\"] {
            let header = "Digest username=\"\(name)\", realm=\"transponder\", nonce=\"n\", uri=\"u\", response=\"r\""
            let shown = try #require(Self.credentials(header))
            #expect(shown.claims(user: name))
        }
    }

    @Test(arguments: [
        "", "Basic", "Basic !!!!", "Basic QWxhZGRpbg==", "Bearer abc", "Digest", "Digest x",
        "Digest username=\"u\"", "Digest username=\"u\", nonce=\"n\", response=\"r\", algorithm=SHA-512",
        "Digest username=\"u\", nonce=\"n\", response=\"r\", qop=auth-int, nc=1, cnonce=\"c\"",
    ])
    func nonsenseShowsNothing(_ header: String) {
        #expect(Self.credentials(header) == nil)
    }

    @Test func nothingPrintsAPassword() throws {
        let shown = try #require(Self.credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="))
        var dumped = ""
        dump(shown, to: &dumped)
        for text in ["\(shown)", String(reflecting: shown), dumped] { #expect(!text.contains("sesame")) }
        var request = RTSPRequest(.describe, "rtsp://h/live/main?token=s3cret")
        request.headers.add("Authorization", "Basic s3cret")
        dumped = ""
        dump(RTSPMessage.request(request), to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains("s3cret")) }
    }
}
