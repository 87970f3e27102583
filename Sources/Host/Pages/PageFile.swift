import NIOCore

/// A file of the pages, as browsers get it.
struct PageFile: Sendable {
    let name: String
    let text: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.text = String(decoding: bytes, as: UTF8.self)
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
