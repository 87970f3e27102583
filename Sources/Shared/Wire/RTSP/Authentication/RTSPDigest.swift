import Crypto
import Encodings

/// The answer to a Digest challenge (RFC 2617 section 3.2.2, RFC 7616 section 3.4).
struct RTSPDigest: Hashable, Sendable {
    enum Algorithm: Hashable, Sendable {
        case md5, sha256

        init?(_ name: String?) {
            switch name {
            case nil: self = .md5
            case let name? where ASCII.matches(name, "MD5"): self = .md5
            case let name? where ASCII.matches(name, "SHA-256"): self = .sha256
            case _?: return nil
            }
        }

        func digest(_ text: String) -> String {
            switch self {
            case .md5: Hexadecimal.encode(Insecure.MD5.hash(data: Array(text.utf8)))
            case .sha256: Hexadecimal.encode(SHA256.hash(data: Array(text.utf8)))
            }
        }
    }

    /// What `auth` adds: the client's count and nonce. No challenge of ours asks for it, and some clients send it.
    struct Quality: Hashable, Sendable {
        let count: String
        let clientNonce: String
    }

    /// As it was meant, quoted pairs read.
    let user: String
    /// As it stands between its quotes.
    let writtenUser: String
    let realm: String
    let nonce: String
    let uri: String
    let response: String
    let algorithm: Algorithm
    let quality: Quality?
    let method: RTSPMethod

    init?(parsing text: Substring, method: RTSPMethod) {
        // A client that writes `DOMAIN\user` without doubling the backslash may end the value with one.
        var values = Self.values(in: text, hasPairs: true)
        if values["response"] == nil { values = Self.values(in: text, hasPairs: false) }
        guard let user = values["username"], let nonce = values["nonce"], let response = values["response"],
            let algorithm = Algorithm(values["algorithm"])
        else { return nil }
        self.user = ASCII.withoutPairs(user)
        self.writtenUser = user
        self.realm = values["realm"] ?? ""
        self.nonce = nonce
        self.uri = values["uri"] ?? ""
        self.response = response.lowercased()
        self.algorithm = algorithm
        self.method = method
        guard let quality = values["qop"] else {
            self.quality = nil
            return
        }
        guard quality == "auth", let count = values["nc"], let clientNonce = values["cnonce"] else { return nil }
        self.quality = Quality(count: count, clientNonce: clientNonce)
    }

    private static func values(in text: Substring, hasPairs: Bool) -> [String: String] {
        var values: [String: String] = [:]
        for part in ASCII.split(text, at: ",", hasPairs: hasPairs).prefix(32) {
            guard case (let name, let value?) = part.halves(at: "=") else { continue }
            values[name.trimmingBlanks().lowercased()] = String(ASCII.unquote(value.trimmingBlanks()))
        }
        return values
    }

    /// Whether the client knows the password. RFC 2617 section 3.2.2.2 hashes the user's name without its quotes; whether
    /// its quoted pairs are read before, clients do not agree.
    func isAnswer(password: String) -> Bool {
        let asMeant = ConstantTime.equal(self.response, self.answer(user: self.user, password: password))
        let asWritten = ConstantTime.equal(self.response, self.answer(user: self.writtenUser, password: password))
        return asMeant || asWritten
    }

    private func answer(user: String, password: String) -> String {
        let secret = self.algorithm.digest("\(user):\(self.realm):\(password)")
        let request = self.algorithm.digest("\(self.method.rawValue):\(self.uri)")
        guard let quality = self.quality else {
            return self.algorithm.digest("\(secret):\(self.nonce):\(request)")
        }
        let middle = "\(self.nonce):\(quality.count):\(quality.clientNonce):auth"
        return self.algorithm.digest("\(secret):\(middle):\(request)")
    }
}
