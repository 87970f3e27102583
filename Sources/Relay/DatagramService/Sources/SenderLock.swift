import Admission
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

    fileprivate struct Medium: Sendable, Codable {
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
    /// Reports of strangers since the sender began.
    private var foreignReports = 0

    /// Reports of strangers that are kept in case one of them is the next sender; more are a flood.
    private static let foreignReportLimit = 32

    package init(allowed: InternetAddress.Host?, timeout: Int64) {
        self.allowed = allowed
        self.timeout = timeout
    }

    /// Whether it is the host of the last whose packets were taken.
    func isHost(_ host: InternetAddress.Host) -> Bool { self.host == host }

    /// Where packets of a medium came from.
    package func address(of media: Int) -> InternetAddress? {
        guard let host, let medium = self.media[media] else { return nil }
        return InternetAddress(host, port: medium.port)
    }

    /// Whether it is this one whose packets of the medium are taken now.
    package func isOnAir(_ sender: InternetAddress, media: Int, now: Int64) -> Bool {
        now - self.heard < self.timeout && self.address(of: media) == sender
    }

    /// A packet of a medium came.
    package mutating func admit(_ sender: InternetAddress, media: Int, now: Int64) -> Verdict {
        if let allowed, sender.host != allowed { return self.refuse() }
        guard let host, now - self.heard < self.timeout else {
            let isNew = self.host != sender.host || self.media[media]?.port != sender.port
            self.host = sender.host
            self.heard = now
            self.media = [media: Medium(port: sender.port, heard: now)]
            if isNew { self.foreignReports = 0 }
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
        self.foreignReports += 1
        return false
    }

    // MARK: What the kernel may be told

    /// Whose packets of a medium can be anything but foreign now; nil: anybody's.
    package func admission(media: Int, now: Int64) -> UDPSocket.Admission? {
        guard let host, now - self.heard < self.timeout else { return self.allowed.map { UDPSocket.Admission($0) } }
        guard let medium = self.media[media], now - medium.heard < self.timeout else { return .init(host) }
        return .init(host, port: medium.port)
    }

    /// Whose reports can be of use now; nil: anybody's, for the next sender may report before its first packet.
    package func reportAdmission(now: Int64) -> UDPSocket.Admission? {
        if let allowed { return .init(allowed) }
        guard let host, now - self.heard < self.timeout, self.foreignReports > Self.foreignReportLimit else {
            return nil
        }
        return .init(host)
    }

    /// When either of them next changes by itself, µs; nil: not before something comes.
    package func deadline(now: Int64) -> Int64? {
        guard self.host != nil else { return nil }
        return ([self.heard] + self.media.values.map(\.heard)).map { $0 + self.timeout }.filter { $0 > now }.min()
    }

    /// The sender has said that it ends: another may begin at once.
    package mutating func release() {
        self.host = nil
        self.media = [:]
    }

    // MARK: For the process that goes on

    /// Whose packets are taken, written down.
    struct Standing: Codable, Sendable {
        fileprivate let host: String?
        fileprivate let heard: Int64
        fileprivate let media: [Int: Medium]
        fileprivate let foreign: UInt64
    }

    var standing: Standing {
        Standing(host: self.host.map { "\($0)" }, heard: self.heard, media: self.media, foreign: self.foreign)
    }

    mutating func resume(_ standing: Standing) {
        self.host = standing.host.flatMap { InternetAddress.Host($0) }
        self.heard = standing.heard
        self.media = standing.media
        self.foreign = standing.foreign
    }

    private mutating func refuse() -> Verdict {
        self.foreign += 1
        return .foreign
    }
}
