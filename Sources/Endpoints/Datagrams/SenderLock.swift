package import Linux

/// Decides whose packets the ports of one source take: those of the first who sends, until he falls silent. A stranger who
/// floods a port is counted and has no part in the stream.
package struct SenderLock: Sendable {
    package enum Verdict: Hashable, Sendable {
        case known
        /// From here on it is this one.
        case new
        case foreign
    }

    private struct Medium: Sendable {
        var port: UInt16
        var heard: Int64
    }

    /// The only one who may send; nil: anybody.
    private let allowed: InternetAddress.Host?

    /// Silence after which another may send, µs.
    private let timeout: Int64

    private var host: InternetAddress.Host?
    private var heard: Int64 = 0
    private var media: [Int: Medium] = [:]
    package private(set) var foreign: UInt64 = 0

    package init(allowed: InternetAddress.Host?, timeout: Int64) {
        self.allowed = allowed
        self.timeout = timeout
    }

    /// Where packets of a medium came from.
    package func address(of media: Int) -> InternetAddress? {
        guard let host, let medium = self.media[media] else { return nil }
        return InternetAddress(host, port: medium.port)
    }

    /// A packet of a medium came.
    package mutating func admit(_ sender: InternetAddress, media: Int, now: Int64) -> Verdict {
        if let allowed, sender.host != allowed { return self.refuse() }
        guard let host, now - self.heard < self.timeout else {
            let isNew = self.host != sender.host || self.media[media]?.port != sender.port
            self.host = sender.host
            self.heard = now
            self.media = [media: Medium(port: sender.port, heard: now)]
            return isNew ? .new : .known
        }
        guard host == sender.host else { return self.refuse() }
        // Each medium has a port of its own, and each may be restarted by itself.
        if let medium = self.media[media], medium.port != sender.port, now - medium.heard < self.timeout {
            return self.refuse()
        }
        self.heard = now
        self.media[media] = Medium(port: sender.port, heard: now)
        return .known
    }

    /// A report came, which may come from any port of the sender's, but begins nothing.
    package mutating func admitReport(_ sender: InternetAddress) -> Bool {
        guard let host else { return false }
        if host == sender.host { return true }
        self.foreign += 1
        return false
    }

    /// The sender has said that it ends: another may begin at once.
    package mutating func release() {
        self.host = nil
        self.media = [:]
    }

    private mutating func refuse() -> Verdict {
        self.foreign += 1
        return .foreign
    }
}
