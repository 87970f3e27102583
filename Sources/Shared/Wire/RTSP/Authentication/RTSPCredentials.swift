import Encodings

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
        let halves = header.parts(at: " ", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        if ASCII.matches(halves[0], "Basic") {
            guard let bytes = Base64.decode(halves[1].trimmingBlanks()) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            guard case (let user, let password?) = text.halves(at: ":") else { return nil }
            self.user = String(user)
            self.proof = .password(String(password))
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
        case .digest(let digest): digest.isAnswer(password: password)
        }
    }

    /// Whether the client says that it is this user.
    package func claims(user: String) -> Bool {
        switch self.proof {
        case .password: self.user == user
        case .digest(let digest): digest.user == user || digest.writtenUser == user
        }
    }

    /// What of a Digest is not of this challenge and this request.
    enum Fault: Hashable, Sendable {
        /// It answers another challenge.
        case nonce
        case realm
        /// It was made for another address, so somebody may repeat what was sent there.
        case uri
    }

    /// Checks what a Digest was made for (RFC 2617 section 3.2.2.5). `uri` is the request's, `controls` the tracks' of what
    /// was announced. Clients write the address of the whole for a track, a path alone, or another name of the host: it
    /// has to mean the same stream.
    func fault(nonce: String, uri: String, controls: [String]?) -> Fault? {
        guard case .digest(let digest) = self.proof else { return nil }
        guard digest.realm == RTSPChallenge.realm else { return .realm }
        guard digest.nonce == nonce else { return .nonce }
        if digest.uri.isSame(as: uri) { return nil }
        let (signed, asked) = (RTSPAddress(digest.uri, controls: controls), RTSPAddress(uri, controls: controls))
        return signed.isSameStream(as: asked) ? nil : .uri
    }
}

extension RTSPCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "RTSPCredentials(***)" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
