import Encodings

/// What a caller's stream id asks for: which stream, to send it or to have it, and with which secret.
///
/// Both forms that people type are read:
/// - `publish:live/main:SECRET`, `read:live/main`, `read:live/main:TOKEN`,
/// - `#!::r=live/main,m=publish,key=SECRET` as the SRT Access Control Guidelines have it (`m` is `request` unless it is
///   given). The secret is the value of `key`, `token`, `secret` or `s`; a query behind the resource, as some encoders
///   write it (`r=live/main?key=SECRET`), counts as well.
///
/// Values are percent-decoded in both. An id that is percent-encoded as a whole (`publish%3Alive%2Fmain%3ASECRET`), because a
/// caller passes on what stands in an address, is decoded first; its values are not decoded again.
package struct SRTResource: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        case publish, read
    }

    package var mode: Mode
    /// Before the first slash, and behind it.
    package var relay: String
    package var stream: String
    /// The publish key or a venue's token.
    package var secret: String?
    /// `u`.
    package var user: String?

    /// Bytes that a stream id may have (SRT handshake extension, `SRT_CMD_SID`).
    package static let sizeLimit = 512

    package init(_ streamID: String) throws(SRTResourceError) {
        guard streamID.utf8.count <= Self.sizeLimit else { throw .tooLong(streamID.utf8.count) }
        guard !streamID.isEmpty else { throw .missing }
        var text = streamID
        var isDecoded = false
        for _ in 0..<Self.encodings where !Self.hasForm(text) {
            text = try Self.decoded(text[...])
            isDecoded = true
        }
        if let keys = text.without(prefix: "#!::") {
            try self.init(keys: keys, isDecoded)
        } else if text.begins(with: "#!:") {
            throw .form
        } else {
            try self.init(parts: text[...], isDecoded)
        }
    }

    /// How often an id may have been percent-encoded as a whole: by whoever typed it, and by their program.
    private static let encodings = 2

    /// Whether the id can be read as it stands.
    private static func hasForm(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "%")), !text.begins(with: "#!::") else { return true }
        let (word, behind) = text.halves(at: ":")
        return behind != nil && Mode(String(word)) != nil
    }

    private init(parts text: Substring, _ isDecoded: Bool) throws(SRTResourceError) {
        let parts = text.parts(at: ":", maxSplits: 2, omittingEmpty: false)
        guard parts.count >= 2, let mode = Mode(String(parts[0])) else {
            // A bare name is what players without a place for more send.
            guard parts.count == 1 else { throw .mode }
            try self.init(mode: .read, resource: parts[0], secret: nil, user: nil, isDecoded)
            return
        }
        // All that is left is the secret: it may have colons of its own.
        try self.init(mode: mode, resource: parts[1], secret: parts.count > 2 ? parts[2] : nil, user: nil, isDecoded)
    }

    private init(keys text: Substring, _ isDecoded: Bool) throws(SRTResourceError) {
        var values: [Substring: Substring] = [:]
        for pair in text.parts(at: ",") {
            let (name, value) = pair.halves(at: "=")
            guard let value else { throw .form }
            // The first one counts, as with queries.
            if values[name] == nil { values[name] = value }
        }
        guard let resource = values["r"] else { throw .missing }
        let word = values["m"].map(String.init) ?? "request"
        guard let mode = Mode(word) else { throw .mode }
        let secret = values["key"] ?? values["token"] ?? values["secret"] ?? values["s"]
        try self.init(mode: mode, resource: resource, secret: secret, user: values["u"], isDecoded)
    }

    private init(
        mode: Mode,
        resource: Substring,
        secret: Substring?,
        user: Substring?,
        _ isDecoded: Bool
    ) throws(SRTResourceError) {
        func decoded(_ text: Substring) throws(SRTResourceError) -> String {
            isDecoded ? String(text) : try Self.decoded(text)
        }
        var resource = resource
        var secret = secret
        if case (let path, let query?) = resource.halves(at: "?") {
            for pair in query.parts(at: "&") {
                let (name, value) = pair.halves(at: "=")
                if let value, !value.isEmpty, name == "key" || name == "token" { secret = secret ?? value }
            }
            resource = path
        }
        resource = resource.without(prefix: "/") ?? resource
        if case (let relay, let stream?) = resource.halves(at: "/") {
            self.relay = try decoded(relay)
            self.stream = try decoded(stream)
        } else {
            // The slash itself may be percent-encoded, as in `publish:live%2Fmain`.
            let parts = try decoded(resource).parts(at: "/", maxSplits: 1)
            guard parts.count == 2 else { throw .resource }
            (self.relay, self.stream) = (String(parts[0]), String(parts[1]))
        }
        guard !self.relay.isEmpty else { throw .resource }
        self.mode = mode
        let shown = try secret.map { secret throws(SRTResourceError) in try decoded(secret) }
        self.secret = shown.flatMap { $0.isEmpty ? nil : $0 }
        self.user = try user.map { user throws(SRTResourceError) in try decoded(user) }
    }

    /// RFC 3986 section 2.1. A percent sign that begins no code stands for itself: secrets have them.
    private static func decoded(_ text: Substring) throws(SRTResourceError) -> String {
        guard let decoded = PercentEncoding.decodeKeepingStrays(text) else { throw .encoding }
        return decoded
    }
}

extension SRTResource.Mode {
    fileprivate init?(_ word: String) {
        switch word {
        case "publish": self = .publish
        case "read", "request", "play": self = .read
        default: return nil
        }
    }
}

/// Why a stream id cannot be used. Nothing of the id stands in it: what cannot be read may be a secret anywhere.
package enum SRTResourceError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing
    case tooLong(Int)
    case form
    case mode
    case resource
    case encoding

    package var description: String {
        switch self {
        case .missing:
            "The stream id is missing: write streamid=publish:RELAY/STREAM:KEY or streamid=read:RELAY/STREAM."
        case .tooLong(let count): "The stream id has \(count) bytes, and \(SRTResource.sizeLimit) are allowed."
        case .form: "The stream id is neither of the form publish:RELAY/STREAM:KEY nor #!::r=RELAY/STREAM,m=publish."
        case .mode:
            "The stream id asks for something else than publish, read or request: write publish:RELAY/STREAM:KEY."
        case .resource: "The stream id names no stream: write publish:RELAY/STREAM:KEY or read:RELAY/STREAM."
        case .encoding: "The stream id is not UTF-8 once its percent signs are decoded."
        }
    }
}
