import NIOCore
import NIOHTTP1
import Web

/// A page with a sentence in both languages, for whoever has no page of a script's.
struct NoticePage {
    private static let template = PageTemplate(PageFiles.notice)

    private let status: HTTPResponseStatus
    private let english: String
    private let japanese: String
    private let list: String

    /// - Parameters:
    ///   - status: of the answer.
    ///   - english: a sentence without markup.
    ///   - japanese: the same.
    ///   - list: items of a list, as markup.
    init(_ status: HTTPResponseStatus, _ english: String, _ japanese: String, list: String = "") {
        self.status = status
        self.english = english
        self.japanese = japanese
        self.list = list
    }

    func reply() -> HTTPReply {
        let values = [
            "english": Self.escaped(self.english), "japanese": Self.escaped(self.japanese),
            "list": self.list.isEmpty ? "" : "<ul>\(self.list)</ul>",
        ]
        return PageResponder.page(Self.template.filled(values), status: self.status)
    }

    /// What somebody typed may stand in a sentence.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("{", with: "&#123;")
    }
}
