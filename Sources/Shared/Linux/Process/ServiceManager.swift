internal import CLinux

/// The service manager that started the process, systemd for one, and what it wants to be told (sd_notify(3)).
///
/// It is told by a datagram to a unix socket, so a manager that hangs or is gone never delays anybody.
package struct ServiceManager: Sendable {
    package enum Notice: Hashable, Sendable {
        /// All that was asked for is served.
        case ready
        case stopping
        /// The process is well: the manager restarts one that has not said so for the watchdog's interval.
        case alive
        /// A sentence for `systemctl status`.
        case status(String)

        /// A line each; what a sentence has of line ends would be read as another notice.
        var text: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            case .status(let sentence): "STATUS=" + String(sentence.map { $0.isNewline ? " " : $0 })
            }
        }
    }

    /// The path of its socket; one that begins with a 0 byte is no file (unix(7), abstract).
    private let path: [UInt8]

    /// How often it wants to hear ``Notice/alive`` at least; nil where it does not watch.
    package let watchdog: Duration?

    /// The longest path that the kernel takes for a socket.
    static let pathLimit = 108

    /// Nil where nobody asked to be told.
    ///
    /// - Parameters:
    ///   - environment: `NOTIFY_SOCKET` names the socket, `WATCHDOG_USEC` the interval and `WATCHDOG_PID` whom it is for.
    ///   - process: this one.
    package init?(environment: [String: String], process: Int32 = ProcessTree.own) {
        guard let name = environment["NOTIFY_SOCKET"], name.hasPrefix("/") || name.hasPrefix("@") else { return nil }
        var path = Array(name.utf8)
        guard path.count <= Self.pathLimit else { return nil }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        self.path = path
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == process } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        self.watchdog = isMeant && interval > 0 ? .microseconds(interval) : nil
    }

    /// Tells it, all in one datagram.
    package func tell(_ notices: Notice...) throws(LinuxError) {
        let text = notices.map(\.text).joined(separator: "\n")
        let result = unsafe self.path.withUnsafeBytes { path in
            unsafe Array(text.utf8).withUnsafeBytes { bytes in
                unsafe linux_notify(path.baseAddress, path.count, bytes.baseAddress, bytes.count)
            }
        }
        try LinuxError.check(result, "sendto")
    }
}
