import Contract
import NIOCore
import NIOHTTP1
import Web

/// Why the front door answers an HTTP request itself.
package enum HTTPRefusal: Hashable, Sendable {
    case malformed
    case lineTooLong
    case tooSlow
    /// The sentence is for whoever asked.
    case later(sentence: String)

    var reason: DoorRefusal {
        switch self {
        case .malformed, .lineTooLong: .malformed
        case .tooSlow: .slow
        case .later: .notReady
        }
    }

    private var reply: HTTPReply {
        switch self {
        case .malformed: .sentence(.badRequest, "This is not an HTTP request.")
        case .lineTooLong:
            .sentence(.uriTooLong, "The address is longer than \(FrontDoorLimits.requestLine) characters.")
        case .tooSlow: .sentence(.requestTimeout, "The request did not come in time.")
        case .later(let sentence): .later(sentence)
        }
    }

    /// The whole answer; the connection is to be closed behind it.
    package func bytes(isHead: Bool) -> [UInt8] {
        let reply = self.reply
        let head = reply.head(version: .http1_1, keepAlive: false)
        var text = "HTTP/1.1 \(head.status.code) \(head.status.reasonPhrase)\r\n"
        text += "Date: \(HTTPDate.now)\r\n"
        for (name, value) in head.headers { text += "\(name): \(value)\r\n" }
        text += "\r\n"
        return Array(text.utf8) + (isHead ? [] : Array(reply.body.readableBytesView))
    }
}
