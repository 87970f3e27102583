import Contract
import NIOCore
import NIOHTTP1
import Pages
import Synchronization
import Web

/// A host with a relay, two venues and a stream.
final class FakeSource: PageSource {
    private struct State {
        var isThrottled = false
        var relays = ["live": true]
        var reports: [String] = []
        var outcome = ReportOutcome.taken
    }

    private let state = Mutex(State())

    var isThrottled: Bool {
        get { self.state.withLock(\.isThrottled) }
        set { self.state.withLock { $0.isThrottled = newValue } }
    }

    /// Whether anybody may watch each.
    var relays: [String: Bool] {
        get { self.state.withLock(\.relays) }
        set { self.state.withLock { $0.relays = newValue } }
    }

    var outcome: ReportOutcome {
        get { self.state.withLock(\.outcome) }
        set { self.state.withLock { $0.outcome = newValue } }
    }

    var reports: [String] { self.state.withLock(\.reports) }

    func ask(
        _ uri: String,
        _ method: HTTPMethod = .GET,
        cookie: String? = nil,
        body: String = "",
        headers: [(String, String)] = [],
        isSecure: Bool = false
    ) -> (head: HTTPResponseHead, text: String)? {
        var all = HTTPHeaders(headers)
        if let cookie { all.add(name: "Cookie", value: cookie) }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: all)
        let request = PageResponder.Request(
            HTTPRequest(head),
            body: ByteBuffer(string: body),
            peer: "10.0.0.9",
            isSecure: isSecure
        )
        return PageResponder(source: self).answer(request).map {
            ($0.head(version: .http1_1, keepAlive: false), String(buffer: $0.body))
        }
    }

    func facts(of relay: RelayName) -> SessionFacts? {
        guard self.relays[relay.rawValue] != nil, let main = try? StreamName("main") else { return nil }
        return SessionFacts(relay: relay, streams: [main], venues: false, ports: ["rtmp": 1935])
    }

    func sessions() -> [(relay: RelayName, isOpen: Bool)] {
        self.relays.sorted { $0.key < $1.key }.compactMap { name, isOpen in
            (try? RelayName(name)).map { ($0, isOpen) }
        }
    }

    func venue(of token: String, in relay: RelayName, from peer: String) -> VenueAdmission {
        guard !self.isThrottled else { return .later(40) }
        let name = ["k-secret": "kyoto", "l-secret": "lima"][token]
        return name.flatMap { try? VenueName($0) }.map { .venue($0) } ?? .wrong
    }

    func screen(of venue: VenueName, in relay: RelayName) -> ScreenFacts? {
        guard let main = try? StreamName("main") else { return nil }
        return ScreenFacts(relay: relay, venue: venue, streams: [main], starts: 1_796_446_800, now: 1_796_446_000_000)
    }

    func note(_ report: [UInt8], of venue: VenueName, in relay: RelayName) -> ReportOutcome {
        self.state.withLock { $0.reports.append("\(venue) \(String(decoding: report, as: UTF8.self))") }
        return self.outcome
    }
}
