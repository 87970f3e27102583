package import Linux
package import Tape

/// Somebody to be sent a tape in datagrams: where they go, and how the tape's bytes become them.
package struct DatagramViewer: Sendable {
    /// The sockets are connected to where they send. They must not be taken from their holders while the viewer lives.
    package enum Framing: Sendable {
        /// The tape holds `$`, a channel, a length in 16 bits and a packet (RFC 2326 section 10.12): the packets go by the
        /// sockets of their channels, those of other channels nowhere.
        case interleaved([UInt8: HeldDescriptor])

        /// The tape holds packets of MPEG-TS: up to seven a datagram, with the headers of RTP (payload type 33, RFC 2250
        /// section 2) where a source is given. What is to be reported of that goes by the other socket.
        case transportStream(HeldDescriptor, source: UInt32?, reports: HeldDescriptor? = nil)
    }

    package let tape: WireTape
    package let framing: Framing

    /// The viewer's latency budget: see ``Viewer/tick``.
    package let tick: Duration

    package let pacing: DatagramPacing

    /// Whether it ends when the receiver's machine says that nobody listens.
    package let endsWhenRefused: Bool

    /// Says who it is, for whoever goes on with it if this process dies. Nil: it does not outlive the process.
    package let card: [UInt8]?

    /// Where one of a process that is dead was. Nil: it is new.
    package let continuation: DatagramContinuation?

    /// See ``Viewer/onStart``.
    package var onStart: (@Sendable () -> Void)?

    /// Called once when the viewer is no more, on a thread of the engine (on the caller's when the engine refuses it). It
    /// must not block.
    package let onEnd: @Sendable (ViewerEnd) -> Void

    package init(
        tape: WireTape,
        framing: Framing,
        tick: Duration = .zero,
        pacing: DatagramPacing = DatagramPacing(),
        endsWhenRefused: Bool = false,
        card: [UInt8]? = nil,
        continuation: DatagramContinuation? = nil,
        onEnd: @escaping @Sendable (ViewerEnd) -> Void = { _ in }
    ) {
        self.tape = tape
        self.framing = framing
        self.tick = tick
        self.pacing = pacing
        self.endsWhenRefused = endsWhenRefused
        self.card = card
        self.continuation = continuation
        self.onEnd = onEnd
    }
}

/// Where a viewer of datagrams was when its process died, but for those that were on their way at that moment.
package struct DatagramContinuation: Hashable, Sendable {
    /// Nil: its tape is not written on, and it goes on at the next join.
    package let place: ViewerContinuation.Place?
    /// Of the next datagram of RTP around MPEG-TS.
    package let sequence: UInt16

    package init(place: ViewerContinuation.Place?, sequence: UInt16) {
        self.place = place
        self.sequence = sequence
    }
}

/// How fast datagrams follow one another when there are many: receivers have room for a hundred or so.
package struct DatagramPacing: Hashable, Sendable {
    /// Datagrams sent at once at the most.
    package var burst: Int

    /// How long until more are sent.
    package var step: Duration

    /// Over how long a picture of many datagrams is spread, for decoders with little room; zero sends as `burst` lets it.
    package var spread: Duration

    /// Steps that are made up for at once: more would overflow receivers.
    private static let stepLimit = 3

    /// As it is, 128 Mbit/s.
    package init(burst: Int = 32, step: Duration = .milliseconds(2), spread: Duration = .zero) {
        self.burst = max(burst, 1)
        self.step = max(step, .microseconds(500))
        self.spread = spread
    }

    /// Datagrams that may go now of those that wait, where so many steps are due: more than one if the thread is late,
    /// which must not slow anybody down.
    func allowance(_ waiting: Int, steps: Int) -> Int {
        let burst = self.burst.multipliedReportingOverflow(by: min(steps, Self.stepLimit))
        let most = min(waiting, burst.overflow ? Int.max : burst.partialValue)
        guard self.spread > .zero else { return most }
        let share = Double(waiting) * (self.step / self.spread) * Double(steps)
        return min(most, max(Int(min(share, Double(waiting)).rounded(.up)), 1))
    }
}
