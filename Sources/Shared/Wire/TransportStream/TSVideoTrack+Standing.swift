import Media
import NIOCore

extension TSVideoTrack {
    /// Where a track stands between two pictures, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var maker: NALSampleMaker.Standing
        fileprivate var clock: AccessUnitClock
        fileprivate var isHolding: Bool
        fileprivate var held: UInt64
        fileprivate var malformed: UInt64
    }

    /// Nil in the midst of a picture, and as long as it is not plain that each ends with the unit that carries it.
    var standing: Standing? {
        guard self.cutting == .betweenPictures, self.progress == .decodable, self.rest.readableBytes == 0,
            let maker = self.maker.standing
        else { return nil }
        return Standing(
            maker: maker,
            clock: self.clock,
            isHolding: self.isHolding,
            held: self.held,
            malformed: self.malformed
        )
    }

    /// Goes on where another of the coding stood.
    ///
    /// - Returns: false if none can have stood there.
    mutating func resume(_ standing: Standing) -> Bool {
        guard standing.held < TSLimits.counted, standing.malformed < TSLimits.counted else { return false }
        self.maker.resume(standing.maker)
        self.clock = standing.clock
        self.cutting = .betweenPictures
        self.progress = .decodable
        self.isHolding = standing.isHolding
        self.held = standing.held
        self.malformed = standing.malformed
        self.unreadable = self.maker.unreadableSets
        return true
    }
}
