package import Tape

/// A viewer's hold on a wire format: it is muxed for as long as somebody has one.
package final class WireLease: Sendable {
    package let tape: WireTape
    private let usage: OutputUsage

    /// The usage counts this lease already.
    init(tape: WireTape, usage: OutputUsage) {
        self.tape = tape
        self.usage = usage
    }

    deinit {
        self.usage.release()
    }
}
