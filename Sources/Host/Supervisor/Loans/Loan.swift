package import Contract
package import Linux

/// A connection that an instance was given and that it has not begun to answer, as far as is known.
///
/// The host keeps a descriptor of each for a while. With it the death of the instance does not reset the connection, and
/// what its peer asked for can be asked of the next instance: the bytes are still in the socket, or the host has seen them.
///
/// What acknowledges a connection is the kernel, and not the instance. The moment that matters is the first byte of an
/// answer: before it, the request can be put to another without anybody noticing; after it, never. No message can mark
/// that moment: one sent before the answer claims what may not come, and one sent behind it, or batched with others,
/// leaves connections that a dying instance has half answered looking as if it had said nothing; a second answer would
/// then follow the half. The kernel counts what was read and written on every TCP connection, has no part in the
/// instance's death, and cannot be lied to. So there is no message to be validated, and no cost in the relay.
///
/// A connection that was answered once is not kept on: whatever is cut off later on it is a connection that was used
/// before, of which every HTTP client knows that it may have ended meanwhile, and for which it opens another by itself (RFC
/// 9112 section 9.3.1). Only where a *fresh* connection is cut off do players give up.
package struct Loan: Hashable, Sendable {
    package let delivery: PendingConnection
    /// When it was given away.
    package let before: SocketProgress
    /// The host's descriptor is not kept for longer.
    package let until: Instant

    /// How many instances that have read of a request may die before the host believes that the request is what kills
    /// them: that one is not put to a third.
    package static let lossLimit = 2

    package init(delivery: PendingConnection, before: SocketProgress, until: Instant) {
        self.delivery = delivery
        self.before = before
        self.until = until
    }

    /// Whether there is no more reason to keep it while the instance lives.
    package func isSettled(_ progress: SocketProgress?, now: Instant) -> Bool {
        guard let progress, progress.isOpen, progress.given == self.before.given else { return true }
        return now >= self.until
    }

    /// What the next instance is to be given of it when this one is dead; nil where there is nothing to be given: its peer
    /// was answered or is gone, or the instance has read what the host never saw.
    package func remainder(_ progress: SocketProgress?) -> PendingConnection? {
        guard let progress, progress.isOpen, progress.given == self.before.given,
            progress.taken >= self.before.taken,
            let taken = Int(exactly: progress.taken - self.before.taken), taken <= self.delivery.seen.count
        else { return nil }
        var delivery = self.delivery
        delivery.payload += delivery.seen.prefix(taken)
        delivery.seen.removeFirst(taken)
        // One that nothing was read of has killed nobody.
        if !delivery.payload.isEmpty { delivery.losses += 1 }
        guard delivery.losses < Self.lossLimit, delivery.payload.count <= ControlLimits.payload else { return nil }
        return delivery
    }
}
