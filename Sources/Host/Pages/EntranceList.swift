import Contract
import NIOCore
import NIOHTTP1
import Web

/// The root of the public listeners: leads to the session where there is one, and lists those that anybody may watch where there
/// are several. It tells nothing else.
struct EntranceList {
    private let sessions: [(relay: RelayName, isOpen: Bool)]

    init(_ sessions: [(relay: RelayName, isOpen: Bool)]) {
        self.sessions = sessions
    }

    func reply() -> HTTPReply {
        if let only = self.sessions.first, self.sessions.count == 1 {
            let path = PageAddress.session(only.relay).path
            var reply = HTTPReply.sentence(.seeOther, "The session is at \(path)")
            reply.extra = PageHeaders.document + [("Location", path)]
            reply.isForEverySite = false
            return reply
        }
        let open = self.sessions.filter(\.isOpen).map(\.relay)
        guard !open.isEmpty else {
            return NoticePage(
                .ok,
                "The sessions here are for invited rooms. Open yours by the link you were given.",
                "ここのセッションは招待された会場専用です。受け取ったリンクから開いてください。"
            ).reply()
        }
        let links = open.map { "<li><a href=\"\(PageAddress.session($0).path)\">\($0)</a></li>" }
        return NoticePage(.ok, "Choose a session.", "セッションを選んでください。", list: links.joined()).reply()
    }
}
