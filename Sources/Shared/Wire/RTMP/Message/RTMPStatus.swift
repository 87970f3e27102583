/// What `onStatus`, `_result` and `_error` tell (RTMP 1.0 sections 7.2.1.1 and 7.2.2).
package struct RTMPStatus: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable {
        case status, warning, error
    }

    package var level: Level
    package var code: RTMPStatusCode
    package var description: String

    package init(_ level: Level, _ code: RTMPStatusCode, _ description: String) {
        self.level = level
        self.code = code
        self.description = description
    }

    /// Reads what a peer sent; nil where there is no code.
    package init?(_ value: AMFValue?) {
        guard let object = value?.object, let code = object["code"]?.string else { return nil }
        self.level = object["level"]?.string.flatMap(Level.init(rawValue:)) ?? .status
        self.code = RTMPStatusCode(rawValue: code)
        self.description = object["description"]?.string ?? ""
    }

    package var value: AMFValue {
        [
            "level": .string(self.level.rawValue),
            "code": .string(self.code.rawValue),
            "description": .string(self.description),
        ]
    }
}

/// A status code; clients act on these more than on anything else.
package struct RTMPStatusCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let connectSuccess = RTMPStatusCode(rawValue: "NetConnection.Connect.Success")
    package static let connectRejected = RTMPStatusCode(rawValue: "NetConnection.Connect.Rejected")
    /// Enhanced RTMP v2 "Reconnect Request": the client shall connect again, and lose nothing of its own until it has.
    package static let reconnectRequest = RTMPStatusCode(rawValue: "NetConnection.Connect.ReconnectRequest")
    package static let callFailed = RTMPStatusCode(rawValue: "NetConnection.Call.Failed")
    package static let publishStart = RTMPStatusCode(rawValue: "NetStream.Publish.Start")
    /// The name is taken or malformed.
    package static let publishBadName = RTMPStatusCode(rawValue: "NetStream.Publish.BadName")
    /// The key is wrong. OBS and librtmp give up at this code and at `publishRejected`, not at the others.
    package static let publishDenied = RTMPStatusCode(rawValue: "NetStream.Publish.Denied")
    package static let publishRejected = RTMPStatusCode(rawValue: "NetStream.Publish.Rejected")
    package static let unpublishSuccess = RTMPStatusCode(rawValue: "NetStream.Unpublish.Success")
    package static let playReset = RTMPStatusCode(rawValue: "NetStream.Play.Reset")
    package static let playStart = RTMPStatusCode(rawValue: "NetStream.Play.Start")
    package static let playStop = RTMPStatusCode(rawValue: "NetStream.Play.Stop")
    package static let playFailed = RTMPStatusCode(rawValue: "NetStream.Play.Failed")
    package static let playStreamNotFound = RTMPStatusCode(rawValue: "NetStream.Play.StreamNotFound")
    package static let pauseNotify = RTMPStatusCode(rawValue: "NetStream.Pause.Notify")
    package static let unpauseNotify = RTMPStatusCode(rawValue: "NetStream.Unpause.Notify")
    package static let seekNotify = RTMPStatusCode(rawValue: "NetStream.Seek.Notify")
    package static let streamFailed = RTMPStatusCode(rawValue: "NetStream.Failed")
}
