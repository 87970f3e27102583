import Media
import NIOCore

extension NALTagTrack {
    /// Where a track stands between two access units, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var id: TrackID
        fileprivate var codec: Codec
        fileprivate var maker: NALSampleMaker.Standing
        fileprivate var clock: AccessUnitClock
        fileprivate var configuration: CodecConfiguration?
        fileprivate var record: ByteBuffer?
        fileprivate var lengthSize: Int
    }

    /// Nil in the midst of an access unit, and as long as it is not plain that each message is a whole one.
    var standing: Standing? {
        guard self.habit == .whole, let maker = self.maker.standing else { return nil }
        return Standing(
            id: self.id,
            codec: self.codec,
            maker: maker,
            clock: self.clock,
            configuration: self.configuration,
            record: self.record,
            lengthSize: self.lengthSize
        )
    }

    /// Nil where no track can have stood so.
    init?(resuming standing: Standing) {
        guard (1...4).contains(standing.lengthSize) else { return nil }
        self.init(standing.id, standing.codec)
        self.habit = .whole
        self.maker.resume(standing.maker)
        self.clock = standing.clock
        self.configuration = standing.configuration
        self.record = standing.record
        self.lengthSize = standing.lengthSize
    }
}
