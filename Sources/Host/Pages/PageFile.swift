import NIOCore

/// A file of the pages, as browsers get it.
struct PageFile: Sendable {
    let name: String
    let text: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        let text = String(decoding: bytes, as: UTF8.self)
        self.text = name.hasSuffix(".html") ? text : Self.withoutComments(text)
    }

    /// A script or a style without the comments that have lines of their own: they are for whoever reads the source, and every
    /// byte comes before the first picture.
    private static func withoutComments(_ text: String) -> String {
        var isInside = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).filter { line in
            let words = line.drop { $0 == " " }
            if isInside || words.hasPrefix("/*") {
                let isOver = words.hasSuffix("*/")
                // Code may follow a comment on its line.
                guard isInside || isOver || !words.contains("*/") else { return true }
                isInside = !isOver
                return false
            }
            return !words.hasPrefix("//") && !words.isEmpty
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var contentType: String {
        let kind = self.name.split(separator: ".").last ?? ""
        return switch kind {
        case "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        default: "text/plain; charset=utf-8"
        }
    }

    var body: ByteBuffer { ByteBuffer(string: self.text) }
}
