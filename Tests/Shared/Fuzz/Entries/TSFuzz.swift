import Media
import NIOCore
import Wire

/// The first byte says how, the rest is a transport stream: read whole and in pieces it must tell the same.
enum TSFuzz {
    private static func configuration(_ byte: UInt8) -> TSDemuxer.Configuration {
        var configuration = TSDemuxer.Configuration()
        configuration.holdsAfterLoss = byte & 1 != 0
        guard byte & 2 != 0 else { return configuration }
        configuration.limits.videoUnitBytes = 600
        configuration.limits.audioUnitBytes = 300
        configuration.limits.programs = 2
        configuration.limits.tracks = 1
        return configuration
    }

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        self.compare(input, first)
    }

    /// Reads a transport stream as the byte says.
    static func compare(_ input: ByteBuffer, _ first: UInt8) {
        var input = input
        var whole = TSDemuxer(Self.configuration(first))
        let told = whole.receive(input) + whole.flush()
        var pieces = TSDemuxer(Self.configuration(first))
        var retold: [SourceEvent] = []
        let size = [1, 7, 187, 188, 189, 376, 1000, 1316][Int(first >> 5)]
        while input.readableBytes > 0, let piece = input.readSlice(length: min(size, input.readableBytes)) {
            retold += pieces.receive(piece)
        }
        retold += pieces.flush()
        // That a packet was spliced from two is told by what stands behind it, which in pieces has not come yet.
        guard whole.statistics.syncLosses == 0 else { return }
        precondition(told == retold, "a stream cut in pieces tells another story")
        precondition(whole.statistics == pieces.statistics, "a stream cut in pieces is counted otherwise")
        precondition(whole.isHolding == pieces.isHolding, "a stream cut in pieces is held otherwise")
    }
}
