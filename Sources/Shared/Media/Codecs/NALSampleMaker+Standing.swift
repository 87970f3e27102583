import NIOCore

extension NALSampleMaker {
    /// Where a maker stands between two access units, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        fileprivate var sets: [ByteBuffer]
        fileprivate var lastStamp: Stamp?
        fileprivate var hasStartCodes: Bool
    }

    /// Nil in the midst of an access unit.
    package var standing: Standing? {
        guard self.isEmpty, !self.hasPicture else { return nil }
        return Standing(
            sets: self.parameterSets.inForce,
            lastStamp: self.lastStamp,
            hasStartCodes: self.hasStartCodes
        )
    }

    /// Goes on where another maker of the coding stood.
    package mutating func resume(_ standing: Standing) {
        _ = self.replaceSets(standing.sets)
        self.lastStamp = standing.lastStamp
        self.hasStartCodes = standing.hasStartCodes
    }
}
