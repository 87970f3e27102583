import NIOCore
package import Wire

/// What an RTMP client sends that does not wait for answers.
package enum RTMPBytes {
    package static let handshake = [3] + [UInt8](repeating: 0, count: 2 * 1536)

    package static func message(_ messages: RTMPMessage...) -> [UInt8] {
        let encoder = RTMPChunkEncoder()
        var bytes = ByteBuffer()
        for message in messages { encoder.write(message, into: &bytes) }
        return Array(bytes.readableBytesView)
    }

    package static func connect(app: String?, tcUrl: String = "rtmp://host/live") -> RTMPMessage {
        var object: AMFObject = ["tcUrl": .string(tcUrl), "flashVer": "FMLE/3.0"]
        if let app { object["app"] = .string(app) }
        return RTMPCommand("connect", transaction: 1, .object(object)).message()
    }
}
