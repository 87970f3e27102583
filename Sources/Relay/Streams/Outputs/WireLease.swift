package import Tape

/// A viewer's hold on a wire format: it is muxed for as long as somebody has one.
package final class WireLease: Sendable {
    package let tape: WireTape
    private let onEnd: @Sendable () -> Void

    init(tape: WireTape, onEnd: @escaping @Sendable () -> Void) {
        self.tape = tape
        self.onEnd = onEnd
    }

    deinit {
        self.onEnd()
    }
}
