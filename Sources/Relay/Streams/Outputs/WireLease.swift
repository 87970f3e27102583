package import Tape

/// A viewer's hold on a wire format: it is muxed for as long as somebody has one.
package final class WireLease: Sendable {
    package let format: WireFormat
    package let tape: WireTape
    /// Of the tape's keeper; nil where it does not outlive the process.
    package let kept: UInt64?
    private let usage: OutputUsage

    /// The usage counts this lease already.
    init(_ format: WireFormat, tape: WireTape, kept: UInt64?, usage: OutputUsage) {
        self.format = format
        self.tape = tape
        self.kept = kept
        self.usage = usage
    }

    deinit {
        self.usage.release()
    }
}
