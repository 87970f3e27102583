/// What a caller's stream id asks for: which stream, to send it or to have it, and with which secret.
///
/// Both forms that people type are read:
/// - `publish:live/main:SECRET`, `read:live/main`, `read:live/main:TOKEN`,
/// - `#!::r=live/main,m=publish,key=SECRET` as the SRT Access Control Guidelines have it (`m` is `request` unless it is
///   given). The secret is the value of `key`, `token`, `secret` or `s`; a query behind the resource, as some encoders
///   write it (`r=live/main?key=SECRET`), counts as well.
///
/// Values are percent-decoded in both.
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
        if streamID.hasPrefix("#!::") {
            try self.init(keys: streamID.dropFirst(4))
        } else if streamID.hasPrefix("#!:") {
            throw .form
        } else {
            try self.init(parts: streamID[...])
        }
    }

    private init(parts text: Substring) throws(SRTResourceError) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let mode = Mode(String(parts[0])) else {
            // A bare name is what players without a place for more send.
            guard parts.count == 1 else { throw .mode(String(parts[0].prefix(32))) }
            try self.init(mode: .read, resource: parts[0], secret: nil, user: nil)
            return
        }
        // All that is left is the secret: it may have colons of its own.
        try self.init(mode: mode, resource: parts[1], secret: parts.count > 2 ? parts[2] : nil, user: nil)
    }

    private init(keys text: Substring) throws(SRTResourceError) {
        var values: [Substring: Substring] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .form }
            // The first one counts, as with queries.
            if values[parts[0]] == nil { values[parts[0]] = parts[1] }
        }
        guard let resource = values["r"] else { throw .missing }
        let word = values["m"].map(String.init) ?? "request"
        guard let mode = Mode(word) else { throw .mode(String(word.prefix(32))) }
        let secret = values["key"] ?? values["token"] ?? values["secret"] ?? values["s"]
        try self.init(mode: mode, resource: resource, secret: secret, user: values["u"])
    }

    private init(mode: Mode, resource: Substring, secret: Substring?, user: Substring?) throws(SRTResourceError) {
        var resource = resource
        var secret = secret
        if let mark = resource.firstIndex(of: "?") {
            for pair in resource[resource.index(after: mark)...].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0] == "key" || parts[0] == "token" { secret = secret ?? parts[1] }
            }
            resource = resource[..<mark]
        }
        if resource.first == "/" { resource = resource.dropFirst() }
        guard let slash = resource.firstIndex(of: "/"), slash > resource.startIndex else {
            throw .resource(String(resource.prefix(64)))
        }
        self.mode = mode
        self.relay = try Self.decoded(resource[..<slash])
        self.stream = try Self.decoded(resource[resource.index(after: slash)...])
        let shown = try secret.map { secret throws(SRTResourceError) in try Self.decoded(secret) }
        self.secret = shown.flatMap { $0.isEmpty ? nil : $0 }
        self.user = try user.map { user throws(SRTResourceError) in try Self.decoded(user) }
    }

    /// RFC 3986 section 2.1. A percent sign that begins no code stands for itself: secrets have them.
    private static func decoded(_ text: Substring) throws(SRTResourceError) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let code = UInt8(String(digits) ?? "", radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .encoding }
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

/// Why a stream id cannot be used; never with the secret in it.
package enum SRTResourceError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing
    case tooLong(Int)
    case form
    case mode(String)
    case resource(String)
    case encoding

    package var description: String {
        switch self {
        case .missing:
            "The stream id is missing: write streamid=publish:RELAY/STREAM:KEY or streamid=read:RELAY/STREAM."
        case .tooLong(let count): "The stream id has \(count) bytes, and \(SRTResource.sizeLimit) are allowed."
        case .form: "The stream id is neither of the form publish:RELAY/STREAM:KEY nor #!::r=RELAY/STREAM,m=publish."
        case .mode(let word): "The stream id asks for '\(word)'; it can be publish, read or request."
        case .resource(let name): "'\(name)' names no stream: write RELAY/STREAM."
        case .encoding: "The stream id is not UTF-8 once its percent signs are decoded."
        }
    }
}
