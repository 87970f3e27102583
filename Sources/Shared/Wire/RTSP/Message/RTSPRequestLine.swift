import Encodings

/// The first line of a request (RFC 2326 section 6.1).
package struct RTSPRequestLine: Hashable, Sendable {
    package let method: RTSPMethod
    package let uri: String

    package enum Fault: Error, Hashable, Sendable {
        case malformed
        /// RTSP 2.0, or HTTP.
        case unsupportedVersion
    }

    /// Reads the line, with its end or without.
    package init(_ line: String) throws(Fault) {
        let end = line.utf8.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let text = line[..<(end ?? line.endIndex)]
        let space = UInt8(ascii: " ")
        guard let first = text.utf8.firstIndex(of: space), let last = text.utf8.lastIndex(of: space), first < last
        else {
            throw .malformed
        }
        let method = text[..<first]
        // A space in an address is wrong and sent nevertheless: the version is what stands last.
        let uri = text[first..<last].trimmingBlanks()
        let version = text[text.utf8.index(after: last)...]
        guard !method.isEmpty, method.utf8.allSatisfy(ASCII.isToken), !uri.isEmpty else { throw .malformed }
        guard version == "RTSP/1.0" else {
            throw ["RTSP/", "HTTP/"].contains { version.begins(with: $0) } ? .unsupportedVersion : .malformed
        }
        self.method = RTSPMethod(rawValue: String(method))
        self.uri = String(uri)
    }
}
