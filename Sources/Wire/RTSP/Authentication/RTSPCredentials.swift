/// What a client shows in `Authorization`. It never prints a password.
package struct RTSPCredentials: Hashable, Sendable {
    enum Proof: Hashable, Sendable {
        case password(String)
        case digest(RTSPDigest)
    }

    /// Whom the client calls itself; any name will do where only a password is asked for.
    package let user: String

    let proof: Proof

    /// Reads the header of a request with that method; nil where it makes no sense.
    package init?(header: String, method: RTSPMethod) {
        let halves = header.split(separator: " ", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        if ASCII.matches(halves[0], "Basic") {
            guard let bytes = Base64.decode(ASCII.trim(halves[1])) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            self.user = String(text[..<colon])
            self.proof = .password(String(text[text.index(after: colon)...]))
        } else if ASCII.matches(halves[0], "Digest") {
            guard let digest = RTSPDigest(parsing: halves[1], method: method) else { return nil }
            self.user = digest.user
            self.proof = .digest(digest)
        } else {
            return nil
        }
    }

    /// Whether the client knows the password.
    package func show(password: String) -> Bool {
        switch self.proof {
        case .password(let shown): ConstantTime.equal(shown, password)
        case .digest(let digest): ConstantTime.equal(digest.response, digest.answer(password: password))
        }
    }

    /// Whether it answers another challenge than the one with this nonce.
    func isStale(nonce: String) -> Bool {
        switch self.proof {
        case .password: false
        case .digest(let digest): digest.nonce != nonce
        }
    }
}

extension RTSPCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "RTSPCredentials(***)" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
