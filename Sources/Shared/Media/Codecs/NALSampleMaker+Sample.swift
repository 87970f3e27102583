package import NIOCore

extension NALSampleMaker {
    package struct Sample: Hashable, Sendable {
        /// In force from this access unit on, where that changed with it.
        package var configuration: CodecConfiguration?
        /// NAL units after lengths of four bytes; without parameter sets, delimiters and filler.
        package var payload: ByteBuffer
        /// A decoder can start here.
        package var isKeyframe: Bool
        /// What was told of the access unit; nil where several began since.
        package var stamp: Stamp?
        package var order: AccessUnitSplitter.Order?
    }

    /// What the transport says of the access unit that begins next.
    package struct Stamp: Hashable, Sendable, Codable {
        /// Its time in the transport's own units.
        package var time: Int64
        /// Presentation minus decoding time.
        package var offset: Int64
        /// A decoder can start here.
        package var isRandomAccess: Bool

        package init(time: Int64, offset: Int64 = 0, isRandomAccess: Bool = false) {
            self.time = time
            self.offset = offset
            self.isRandomAccess = isRandomAccess
        }
    }
}

extension RandomAccess {
    /// Whether a decoder can start, where something beside the picture announces that or does not.
    func isStart(_ isAnnounced: Bool) -> Bool {
        switch self {
        case .complete, .signalled: true
        case .recovering: isAnnounced
        case .none: false
        }
    }
}
