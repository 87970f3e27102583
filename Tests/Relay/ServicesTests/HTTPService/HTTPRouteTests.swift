import Admission
import Contract
import HTTPService
import Sessions
import Streams
import Testing
import Web

@Suite struct HTTPRouteTests {
    private static func route(_ path: String) throws -> HTTPRoute {
        try HTTPRoute(HTTPTarget(path), of: RelayName("live"))
    }

    @Test func everyAddressOfTheDesignHasItsRoute() throws {
        let main = try StreamName("main")
        let expected: [(String, HTTPRoute)] = [
            ("/", .index), ("/live", .index), ("/live/", .index),
            ("/livez", .alive), ("/readyz", .ready), ("/metrics", .metrics),
            ("/health", .relayHealth), ("/health/live", .relayHealth), ("/health/live/main", .streamHealth(main)),
            ("/live/main.flv", .live(main, .flv)), ("/live/main.ts", .live(main, .ts)),
            ("/live/main.mp4", .live(main, .mp4)),
            ("/live/main.m3u8", .multivariant(main, .mp4)), ("/live/main.ts.m3u8", .multivariant(main, .ts)),
            ("/live/main/hls/media.m3u8", .media(main, .mp4)), ("/live/main/ts/media.m3u8", .media(main, .ts)),
            ("/live/main/hls/17.m4s", .segment(main, .mp4, number: 17)),
            ("/live/main/ts/17.ts", .segment(main, .ts, number: 17)),
            ("/live/main/hls/init-17.mp4", .initialization(main, .mp4, number: 17)),
            ("/live/main/sound-1/media.m3u8", .media(main, .sound(1))),
            ("/live/main/sound-1/17.m4s", .segment(main, .sound(1), number: 17)),
            ("/live/main/sound-255/init-17.mp4", .initialization(main, .sound(255), number: 17)),
        ]
        for (path, route) in expected { #expect(try Self.route(path) == route, "\(path)") }
    }

    @Test(arguments: ["/live/m%61in.flv", "//live//main.flv", "/%6Cive/main.flv"])
    func escapesAndDoubledSlashesAreForgiven(path: String) throws {
        #expect(try Self.route(path) == .live(StreamName("main"), .flv))
    }

    @Test(arguments: [
        "/other/main.flv", "/live/main", "/live/main.avi", "/live/.flv", "/live/a/b/c/d", "/live/main/hls/x.m4s",
        "/live/main/hls/-1.m4s", "/live/main/hls/99999999999999999999.m4s", "/live/main/nowhere/1.ts",
        "/live/main/ts/init-1.mp4", "/live/main/sound-0/media.m3u8", "/live/main/sound-01/media.m3u8",
        "/live/main/sound-256/media.m3u8", "/live/main/sound-/media.m3u8", "/health/live/a/b", "/live/%",
        "/live/%zz.flv", "/live/%ff.flv",
        "/live/..%2f..%2fetc%2fpasswd", "/live/ma%00in.flv", "/live/<script>.flv",
    ])
    func whatMeansNothingIsRefusedWithASentence(path: String) {
        #expect { try Self.route(path) } throws: { error in
            (error as? HTTPRoute.Unknown)?.sentence.isEmpty == false
        }
    }

    @Test func anOverlongAddressIsRefusedUnread() {
        #expect(throws: HTTPRoute.Unknown.self) { try Self.route("/live/" + String(repeating: "a", count: 600)) }
    }
}
