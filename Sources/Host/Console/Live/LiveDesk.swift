import Contract
import Events
package import NIOCore
import Synchronization

/// What the console's pages are told as it happens: events, and once a second how everything is.
final class LiveDesk: Sendable {
    /// Pages that are told at once; the oldest makes room.
    static let pageLimit = 16

    /// Events that one page is told at once: the newest.
    static let eventLimit = 256

    private struct State {
        var finder = EventFinder()
        var history = History()
        var view: HostView?
        var pages: [UInt64] = []
        var lastPage: UInt64 = 0
    }

    private let state = Mutex(State())
    private let log: EventLog

    init(log: EventLog) {
        self.log = log
    }

    /// To be called about once a second.
    func observe(_ host: HostView, now: Instant) {
        let found = self.state.withLock { state in
            // Of a host that ends, all ends: that is no news of streams, and least that one has recovered.
            let found = host.draining ? [] : state.finder.look(at: host)
            state.history.note(host, now: now)
            state.view = host
            return found
        }
        for (event, unix) in found { self.log.append(event, unix: unix) }
    }

    func history(of relay: String, now: Instant) -> HistoryView {
        self.state.withLock { $0.history.view(of: relay, now: now) }
    }

    func open() -> UInt64 {
        self.state.withLock { state in
            state.lastPage += 1
            state.pages.append(state.lastPage)
            if state.pages.count > Self.pageLimit { state.pages.removeFirst() }
            return state.lastPage
        }
    }

    func close(_ page: UInt64) { self.state.withLock { state in state.pages.removeAll { $0 == page } } }

    /// Nil where the page has had to make room.
    func news(for page: UInt64, after number: UInt64) -> (events: ArraySlice<NumberedEvent>, view: HostView?)? {
        guard let view = self.state.withLock({ $0.pages.contains(page) ? .some($0.view) : nil }) else { return nil }
        return (self.log.events(after: number).suffix(Self.eventLimit), view)
    }
}

/// Server-sent events (HTML Living Standard section 9.2) for one page of the console. Whoever has it asks for more about once a
/// second, and leaves that out while the page takes nothing.
package struct ConsoleFeed: Sendable {
    package static let contentType = "text/event-stream"

    /// Milliseconds until a browser that lost the connection tries again.
    private static let retry = 1000

    private let desk: LiveDesk
    private let page: UInt64
    private var number: UInt64
    private var isFirst = true

    init(desk: LiveDesk, after number: UInt64) {
        self.desk = desk
        self.page = desk.open()
        self.number = number
    }

    /// What there is to be told since the last time; nil where this page is told nothing any more.
    package mutating func next() -> ByteBuffer? {
        guard let (events, view) = self.desk.news(for: self.page, after: self.number) else { return nil }
        var text = self.isFirst ? "retry: \(Self.retry)\n\n" : ""
        self.isFirst = false
        for event in events {
            text += "id: \(event.number)\nevent: happened\ndata: \(JSONText.line(EventView(event)))\n\n"
            self.number = event.number
        }
        if let view { text += "event: host\ndata: \(JSONText.line(view))\n\n" }
        return ByteBuffer(string: text)
    }

    package func close() { self.desk.close(self.page) }
}
