package import NIOCore

/// Messages as bytes.
package enum RTSPMessageEncoder {
    package static func write(_ request: RTSPRequest, into bytes: inout ByteBuffer) {
        bytes.writeString("\(request.method.rawValue) \(request.uri) RTSP/1.0\r\n")
        self.write(request.headers, request.body, into: &bytes)
    }

    package static func write(_ response: RTSPResponse, into bytes: inout ByteBuffer) {
        bytes.writeString("RTSP/1.0 \(response.status.rawValue) \(self.line(response.reason))\r\n")
        self.write(response.headers, response.body, into: &bytes)
    }

    /// RFC 2326 section 10.12. A payload that does not fit is left out.
    package static func write(_ frame: RTSPFrame, into bytes: inout ByteBuffer) {
        guard let length = UInt16(exactly: frame.payload.readableBytes) else { return }
        bytes.writeInteger(RTSPMessageDecoder.frameMark)
        bytes.writeInteger(frame.channel)
        bytes.writeInteger(length)
        bytes.writeImmutableBuffer(frame.payload)
    }

    private static func write(_ headers: RTSPHeaders, _ body: ByteBuffer, into bytes: inout ByteBuffer) {
        for field in headers.fields {
            bytes.writeString("\(field.name): \(self.line(field.value))\r\n")
        }
        if body.readableBytes > 0 { bytes.writeString("Content-Length: \(body.readableBytes)\r\n") }
        bytes.writeString("\r\n")
        bytes.writeImmutableBuffer(body)
    }

    /// Nothing that a value says may end its line.
    private static func line(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 32 }) else { return text }
        return String(text.unicodeScalars.map { $0.value < 32 ? " " : Character($0) })
    }
}
