/// The answer to `connect` (RTMP 1.0 section 7.2.1.1).
enum RTMPConnectReply {
    /// Codecs of Enhanced RTMP that a relay hands on.
    static let video = ["avc1", "hvc1", "av01", "vp09", "vp08"]
    static let audio = ["mp4a", "Opus", "fLaC", ".mp3", "ac-3", "ec-3"]

    /// Enhanced RTMP v2 `FourCcInfoMask.CanForward`.
    private static let canForward: AMFValue = 4

    /// Enhanced RTMP v2 `CapsExMask`: reconnect requests, multitrack, ModEx, nanosecond timestamp offsets.
    private static let capabilities: AMFValue = 0b1111

    static func accept(_ request: RTMPConnectRequest, _ transaction: Double) -> RTMPCommand {
        // Some old players look for a server version of 3 or later before they play H.264.
        let properties: AMFValue = ["fmsVer": "FMS/3,5,7,7009", "capabilities": 31, "mode": 1]
        var information: AMFObject = [
            "level": "status",
            "code": .string(RTMPStatusCode.connectSuccess.rawValue),
            "description": "Connection succeeded.",
            "objectEncoding": .number(request.objectEncoding),
        ]
        if request.isEnhanced {
            information["fourCcList"] = .array((Self.video + Self.audio).map(AMFValue.string))
            information["videoFourCcInfoMap"] = .object(Self.map(Self.video))
            information["audioFourCcInfoMap"] = .object(Self.map(Self.audio))
            information["capsEx"] = Self.capabilities
        }
        return .result(transaction, properties, .object(information))
    }

    private static func map(_ codecs: [String]) -> AMFObject {
        AMFObject(codecs.map { .init(name: $0, value: Self.canForward) })
    }
}
