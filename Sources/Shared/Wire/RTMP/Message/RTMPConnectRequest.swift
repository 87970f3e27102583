import Encodings

/// What a client says of itself in `connect` (RTMP 1.0 section 7.2.1.1, Enhanced RTMP v2 "Enhancing NetConnection
/// connect Command"). Queries are taken out of the texts they came in, so that keys are in `query` alone.
package struct RTMPConnectRequest: Hashable, Sendable, Codable {
    /// The first component of the application, from `tcUrl` where `app` is missing; empty where neither has one.
    package var app: String { self.path.first ?? "" }

    /// The components of the application's path, decoded.
    package let path: [String]

    /// `tcUrl` without its query and without a user and password.
    package let tcUrl: String

    package let flashVer: String

    /// Of `app` and `tcUrl`, in this order.
    package let query: QueryString

    /// 0 or 3: the AMF version the client would like commands in.
    package let objectEncoding: Double

    /// Codecs the client names, "*" for any; empty for clients before Enhanced RTMP.
    package let fourCcList: [String]

    /// What the client can do with a codec: 1 decode, 2 encode, 4 forward.
    package let videoFourCcInfoMap: [String: Int]
    package let audioFourCcInfoMap: [String: Int]

    /// Enhanced RTMP v2 `CapsExMask`: 1 reconnect, 2 multitrack, 4 ModEx, 8 nanosecond offsets. Nil where not said.
    package let capsEx: Int?

    package init(_ command: AMFObject) {
        let (url, urlQuery) = RTMPStreamAddress.split(command["tcUrl"]?.string ?? "")
        let (app, appQuery) = RTMPStreamAddress.split(command["app"]?.string ?? "")
        let named = RTMPStreamAddress.components(app)
        self.tcUrl = Self.withoutUser(url)
        self.path = named.isEmpty ? RTMPStreamAddress.components(Self.path(of: url)) : named
        self.query = appQuery.merging(urlQuery)
        self.flashVer = (command["flashVer"] ?? command["flashver"])?.string ?? ""
        self.isEncoder = self.flashVer.begins(with: "FMLE/") || command["type"]?.string == "nonprivate"
        self.objectEncoding = command["objectEncoding"]?.number == 3 ? 3 : 0
        self.fourCcList = command["fourCcList"]?.array?.compactMap(\.string) ?? []
        self.videoFourCcInfoMap = Self.map(command["videoFourCcInfoMap"])
        self.audioFourCcInfoMap = Self.map(command["audioFourCcInfoMap"])
        self.capsEx = command["capsEx"]?.integer()
    }

    /// Whether the client speaks Enhanced RTMP and wants to hear what this side can do.
    package var isEnhanced: Bool {
        !self.fourCcList.isEmpty || !self.videoFourCcInfoMap.isEmpty || !self.audioFourCcInfoMap.isEmpty
            || self.capsEx != nil
    }

    /// Whether the client connects again when it is asked to (Enhanced RTMP v2 `CapsExMask.Reconnect`).
    package var obeysReconnectRequests: Bool { (self.capsEx ?? 0) & 1 != 0 }

    /// Whether the client can be sent multitrack messages.
    package var knowsMultitrack: Bool { (self.capsEx ?? 0) & 2 != 0 }

    /// Whether the client means to publish, as Flash Media Live Encoder says it by its name, and librtmp and GStreamer
    /// by the type "nonprivate"; OBS and ffmpeg say both.
    package let isEncoder: Bool

    /// Whether the client is to be asked for a user and password where there are any: it means to publish, or has begun
    /// to log in, and brings no key. A key in a stream's name comes too late to be seen here.
    var mustLogIn: Bool { self.query["key"] == nil && (self.isEncoder || self.query["authmod"] != nil) }

    private static func map(_ value: AMFValue?) -> [String: Int] {
        let properties = value?.object?.properties ?? []
        return Dictionary(
            properties.compactMap { property in property.value.integer().map { (property.name, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func path(of url: Substring) -> Substring {
        Self.behindScheme(of: url)?.halves(at: "/").behind ?? ""
    }

    private static func withoutUser(_ url: Substring) -> String {
        guard let rest = Self.behindScheme(of: url) else { return String(url) }
        let authority = rest.halves(at: "/").before
        guard let host = authority.parts(at: "@", omittingEmpty: false).last else { return String(url) }
        return String(url[..<rest.startIndex] + rest[host.startIndex...])
    }

    private static func behindScheme(of url: Substring) -> Substring? {
        url.halves(at: ":").behind?.without(prefix: "//")
    }
}
