/// How the telling of what is wrong goes.
package struct AlertsSnapshot: Hashable, Sendable, Codable {
    /// What is wrong now and was told, or will be.
    package var firing: Int
    package var receivers: [Receiver]

    package struct Receiver: Hashable, Sendable, Codable {
        package var name: String
        package var kind: String

        /// Messages since the host started.
        package var sent: UInt64
        /// Tries that came to nothing.
        package var failed: UInt64
        /// Alerts that were left out, because there were too many.
        package var leftOut: UInt64
        package var waiting: Int

        /// Why the last try came to nothing; nil once one has not.
        package var trouble: String?

        package init(
            name: String,
            kind: String,
            sent: UInt64 = 0,
            failed: UInt64 = 0,
            leftOut: UInt64 = 0,
            waiting: Int = 0,
            trouble: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.sent = sent
            self.failed = failed
            self.leftOut = leftOut
            self.waiting = waiting
            self.trouble = trouble
        }
    }

    package init(firing: Int = 0, receivers: [Receiver] = []) {
        self.firing = firing
        self.receivers = receivers
    }
}
