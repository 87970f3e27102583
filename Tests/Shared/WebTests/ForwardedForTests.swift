import NIOHTTP1
import Testing
import Web

@Suite struct ForwardedForTests {
    @Test(
        arguments: [
            (["X-Forwarded-For: 192.0.2.43"], ["192.0.2.43"]),
            (["X-Forwarded-For: 192.0.2.43, 2001:db8:cafe::17"], ["192.0.2.43", "2001:db8:cafe::17"]),
            (["X-Forwarded-For: 192.0.2.43", "X-Forwarded-For: 198.51.100.17:4711"], ["192.0.2.43", "198.51.100.17"]),
            (["X-Forwarded-For: unknown, 192.0.2.43"], [nil, "192.0.2.43"]), (["X-Forwarded-For: "], []),
            (["X-Forwarded-For: -"], [nil]),
            // Examples of RFC 7239 section 4.
            (["Forwarded: for=\"_gazonk\""], [nil]),
            (["Forwarded: For=\"[2001:db8:cafe::17]:4711\""], ["2001:db8:cafe::17"]),
            (["Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43"], ["192.0.2.60"]),
            (["Forwarded: for=192.0.2.43, for=198.51.100.17"], ["192.0.2.43", "198.51.100.17"]),
            (["Forwarded: host=\"a,b\"; for=192.0.2.43"], ["192.0.2.43"]), (["Forwarded: by=192.0.2.43"], [nil]),
            // The standard's counts where both are there.
            (["Forwarded: for=192.0.2.60", "X-Forwarded-For: 192.0.2.1"], ["192.0.2.60"]), ([], []),
        ] as [([String], [String?])]
    )
    func chains(lines: [String], chain: [String?]) {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            head.headers.add(name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        #expect(ForwardedFor.chain(of: HTTPRequest(head)) == chain)
    }

    @Test func aLongChainIsReadFromItsEnd() {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        let all = (0..<100).map { "192.0.2.\($0)" }
        head.headers.add(name: "X-Forwarded-For", value: all.joined(separator: ","))
        #expect(ForwardedFor.chain(of: HTTPRequest(head)) == Array(all.suffix(ForwardedFor.limit)))
    }
}
