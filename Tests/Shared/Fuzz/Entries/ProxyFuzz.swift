import NIOCore
import Wire

/// What a connection begins with, as it comes in one piece and byte by byte.
enum ProxyFuzz {
    static func run(_ input: ByteBuffer) {
        let bytes = Array(input.readableBytesView.prefix(ProxyHeader.lengthLimit))
        let whole = self.outcome(bytes[...])
        if case .success(let header?) = whole {
            precondition(header.length <= bytes.count, "a header is longer than what it was read from")
            precondition(ProxyHeader.begins(bytes[...]), "a header was read that does not begin as one")
        }
        for count in bytes.indices.prefix(ProxyHeader.lineLimit + 1) {
            let part = self.outcome(bytes[..<count])
            if case .success(nil) = part { continue }
            precondition(part == whole, "a header cut off reads as another")
        }
    }

    private static func outcome(_ bytes: ArraySlice<UInt8>) -> Result<ProxyHeader?, ProxyError> {
        Result { () throws(ProxyError) in try ProxyHeader.read(bytes) }
    }
}
