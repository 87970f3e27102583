import Testing
import Web

@Suite struct HandedOnQueryTests {
    private static let token = HandedOnQuery { _ in false }
    private static let all = HandedOnQuery { _ in true }

    @Test(arguments: [
        ("token=abc&x=1", "token=abc"), ("x=1", ""), ("", ""), ("token=a%2Bb", "token=a%2Bb"),
        ("token=a\"b", "token=a%22b"), ("to%6ben=x", "to%6ben=x"),
    ])
    func theTokenAlwaysIs(query: String, part: String) {
        #expect(Self.token.part(of: query) == part)
    }

    @Test(arguments: [
        ("Policy=a~_&Signature=b%3D&Key-Pair-Id=K", "Policy=a~_&Signature=b%3D&Key-Pair-Id=K"),
        ("_HLS_msn=3&a=1&_HLS_part=0&_HLS_skip=YES", "a=1"), ("a&b=&=c", "a&b=&=c"),
        ("a=\u{e9}", "a=%C3%A9"), ("a=1\n#EXT", "a=1%0A%23EXT"), ("a=\u{301}1&\u{301}b=2&c", "a=%CC%811&%CC%81b=2&c"),
        ("a=%zz&%zz=1", "a=%zz"),
    ])
    func othersAreWhereTheConfigurationSaysSo(query: String, part: String) {
        #expect(Self.all.part(of: query) == part)
    }

    @Test func namesMayBeListed() {
        let some = HandedOnQuery { ["Policy", "Signature"].contains($0) }
        #expect(some.part(of: "Policy=1&x=2&Signature=3&token=4") == "Policy=1&Signature=3&token=4")
    }

    @Test func whatCombinesWithASeparatorIsNoPartOfAName() {
        let some = HandedOnQuery { $0 == "a" }
        #expect(some.part(of: "a=1&\u{301}b=2&token=\u{301}3") == "a=1&token=%CC%813")
        #expect(HandedOnQuery(token: false) { _ in true }.part(of: "token=1&to%6ben=2&a=3&token") == "a=3")
        #expect(HTTPQuery("token=\u{301}x&\u{301}a=b&c=d")["token"] == "\u{301}x")
        #expect(HTTPQuery("a=b&\u{301}c=d&e=f")["a"] == "b")
    }

    @Test func itHasALimit() {
        let long = String(repeating: "a", count: HandedOnQuery.limit)
        #expect(Self.all.part(of: "long=\(long)&short=1") == "short=1")
        let many = (0..<1000).map { "p\($0)=1" }.joined(separator: "&")
        #expect(Self.all.part(of: many).split(separator: "&").count == 32)
    }
}
