import Crypto
import Encodings

/// Adobe's user and password challenge, as OBS, librtmp, ffmpeg and hardware encoders answer it.
///
/// Three connections make one login. The first `connect` is told that it needs a user; the second names one in its
/// application (`live?authmod=adobe&user=…`) and is told a salt and a challenge; the third answers with
/// `base64(md5(base64(md5(user + salt + password)) + opaque + challenge))`, the last being the client's own.
///
/// Nothing is kept between them: the opaque text carries what proves that this side made it. A login that was overheard
/// can be repeated, as a plain stream key could: on foreign networks the connection wants TLS.
package struct AdobeAuthentication: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// The client proved to be that user.
        case accept(user: String)
        /// To be sent as the description of a `NetConnection.Connect.Rejected`, which the client reads and acts on.
        case refuse(String)
    }

    private let user: String
    private let password: String
    private let secret: UInt64

    /// The secret is the same for all sessions of a process, and unknown outside it.
    package init(user: String, password: String, secret: UInt64) {
        self.user = user
        self.password = password
        self.secret = secret
    }

    /// Judges the query of the application that a client connects to. The nonce is another for every connection.
    package func judge(_ query: QueryString, nonce: UInt64) -> Verdict {
        guard query["authmod"] == "adobe", let user = query["user"] else {
            return .refuse("[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ")
        }
        let reject = "[ AccessManager.Reject ] : [ authmod=adobe ] : "
        guard let response = query["response"], let challenge = query["challenge"], let opaque = query["opaque"] else {
            let opaque = self.opaque(nonce)
            let salt = self.salt(for: user)
            return .refuse("\(reject)?reason=needauth&user=\(user)&salt=\(salt)&challenge=\(opaque)&opaque=\(opaque)")
        }
        // A foreign user is answered as a wrong password is: who guesses names learns nothing.
        guard self.made(opaque), ConstantTime.equal(response, self.response(opaque, challenge)), user == self.user
        else {
            return .refuse("\(reject)?reason=authfailed")
        }
        return .accept(user: user)
    }

    /// What a client with this user and password answers.
    private func response(_ opaque: String, _ challenge: String) -> String {
        let salted = Self.digest(self.user + self.salt(for: self.user) + self.password)
        return Self.digest(salted + opaque + challenge)
    }

    private func salt(for user: String) -> String {
        String(Self.digest("salt \(self.secret) \(user)").prefix(8))
    }

    /// A number and what only this process can make of it.
    private func opaque(_ nonce: UInt64) -> String {
        let number = String(nonce, radix: 36)
        return "\(number).\(Self.digest("opaque \(self.secret) \(number)").prefix(16))"
    }

    private func made(_ opaque: String) -> Bool {
        guard let nonce = opaque.parts(at: ".").first.flatMap({ UInt64($0, radix: 36) }) else { return false }
        return ConstantTime.equal(opaque, self.opaque(nonce))
    }

    /// `base64(md5(text))`
    package static func digest(_ text: String) -> String {
        Base64.encode(Array(Insecure.MD5.hash(data: Array(text.utf8))))
    }
}

extension AdobeAuthentication: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "AdobeAuthentication(***)" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
