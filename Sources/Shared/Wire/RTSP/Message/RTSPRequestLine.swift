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
        let text = line.prefix { !$0.isNewline }
        guard let first = text.firstIndex(of: " "), let last = text.lastIndex(of: " "), first < last else {
            throw .malformed
        }
        let method = text[..<first]
        // A space in an address is wrong and sent nevertheless: the version is what stands last.
        let uri = ASCII.trim(text[first..<last])
        let version = text[text.index(after: last)...]
        guard !method.isEmpty, method.utf8.allSatisfy(ASCII.isToken), !uri.isEmpty else { throw .malformed }
        guard version == "RTSP/1.0" else {
            throw ["RTSP/", "HTTP/"].contains { version.hasPrefix($0) } ? .unsupportedVersion : .malformed
        }
        self.method = RTSPMethod(rawValue: String(method))
        self.uri = String(uri)
    }
}
