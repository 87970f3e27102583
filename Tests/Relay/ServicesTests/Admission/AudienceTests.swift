import Admission
import Contract
import Linux
import Synchronization
import Testing

@Suite struct AudienceTests {
    private static func host(_ text: String) throws -> InternetAddress.Host {
        try #require(InternetAddress.Host(text))
    }

    /// Who waits for a made-up name makes room for who watches, the greediest first; who watches makes room for nobody.
    @Test func questionsAboutMadeUpNamesKeepNoViewerOut() throws {
        let published = Mutex<Set<String>>(["main"])
        let evictions = Mutex(0)
        let audience = Audience(limit: 3) { name in
            published.withLock { !$0.contains(name.rawValue) }
        } onEviction: { kind in
            #expect(kind == .flv)
            evictions.withLock { $0 += 1 }
        }
        let ended = Mutex<[String]>([])
        func come(_ name: String, _ host: String) throws -> ViewerSession? {
            let seat = try audience.admit(StreamName(name), .flv, ViewerIdentity(), from: Self.host(host))
            seat?.follow(
                ViewerConnection(address: host, since: Instant(microseconds: 0)) {
                    nil
                } end: {
                    ended.withLock { $0.append("\(name) \(host)") }
                }
            )
            return seat
        }
        var seats = [try come("a", "192.0.2.1"), try come("b", "198.51.100.1"), try come("c", "192.0.2.9")]
        #expect(audience.isFull)
        seats.append(try come("main", "203.0.113.1"))
        #expect(ended.withLock { $0 } == ["a 192.0.2.1"])
        seats.append(try come("d", "192.0.2.1"))
        #expect(ended.withLock { $0.count } == 2)
        #expect(seats.allSatisfy { $0 != nil })
        // All that is left is watched now.
        published.withLock { $0.formUnion(["b", "c", "d"]) }
        #expect(try come("main", "203.0.113.2") == nil)
        #expect(evictions.withLock { $0 } == 2)
        // Places come back once: those who were evicted had given theirs up.
        seats = []
        #expect(!audience.isFull)
        let again = try (0..<3).map { _ in try come("main", "203.0.113.3") }
        #expect(again.allSatisfy { $0 != nil })
        #expect(try come("main", "203.0.113.3") == nil)
        withExtendedLifetime(again) {}
    }

    @Test func whoKeepsItsPlaceWhateverItWaitsForIsNotEvicted() throws {
        let audience = Audience(limit: 1, isAwaited: { _ in true })
        let held = audience.admit(try StreamName("hall"), .rtsp, ViewerIdentity())
        #expect(try audience.admit(StreamName("main"), .flv, ViewerIdentity(), from: Self.host("192.0.2.1")) == nil)
        withExtendedLifetime(held) {}
    }

    /// The operator's own box is neither kept out by a crowd, nor does it take a place, nor can it be mistaken for somebody.
    @Test func aDestinationIsNoViewer() throws {
        let audience = Audience(limit: 1)
        let name = try StreamName("hall")
        var viewer = audience.admit(name, .flv, ViewerIdentity())
        #expect(audience.isFull)
        var pushed = try #require(audience.admit(name, .udp, .configured))
        let isEnded = Mutex(false)
        let box = ViewerConnection(address: "192.0.2.9:5000", since: Instant(microseconds: 0)) {
            Audience.Progress(bytes: 188, skips: 0)
        } end: {
            isEnded.withLock { $0 = true }
        }
        pushed.follow(box)
        #expect(audience.viewers(limit: 9).isEmpty)
        #expect(!audience.end(pushed.number))
        #expect(!isEnded.withLock { $0 })
        let output = try #require(audience.outputs(of: name, muxing: [])[.udp])
        #expect(output.viewers == 0 && output.joins == 0 && output.bytes == 188)
        viewer = nil
        #expect(!audience.isFull)

        pushed.close(bytes: 376, skips: 0, isStalled: false)
        pushed = try #require(audience.admit(name, .udp, .configured))
        let later = try #require(audience.outputs(of: name, muxing: [])[.udp])
        #expect(later.viewers == 0 && later.bytes == 376)
        withExtendedLifetime((viewer, pushed)) {}
    }
}
