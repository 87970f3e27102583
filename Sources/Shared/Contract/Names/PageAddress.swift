/// An HTTP address that shows a page to a person, where a host serves pages: `/live` and `/live/main`. What lies beside them,
/// such as `/live/main.m3u8`, is the relay's.
package enum PageAddress: Hashable, Sendable {
    /// Of a relay: what is on, and how to watch it.
    case session(RelayName)
    /// Of a stream, where it plays.
    case viewer(StreamPath)

    /// Reads the decoded components of a path; nil where they are no page's.
    package init?(_ components: [String]) {
        guard let first = components.first, let relay = try? RelayName(first) else { return nil }
        switch components.count {
        case 1: self = .session(relay)
        case 2:
            guard let stream = try? StreamName(components[1]) else { return nil }
            self = .viewer(StreamPath(relay: relay, stream: stream))
        default: return nil
        }
    }

    /// Whether requests of this method are for the page; others, such as the question what a page of another site may do,
    /// are the relay's to answer. The screens of venues report to the session's.
    package func isAsked(by method: some StringProtocol) -> Bool {
        switch (self, method) {
        case (_, "GET"), (_, "HEAD"), (.session, "POST"): true
        default: false
        }
    }

    package var relay: RelayName {
        switch self {
        case .session(let relay): relay
        case .viewer(let stream): stream.relay
        }
    }

    package var path: String {
        switch self {
        case .session(let relay): "/\(relay)/"
        case .viewer(let stream): "/\(stream)"
        }
    }
}
