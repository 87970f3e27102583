/// What a protocol session or a demuxer tells of a source, in the order it was received.
package enum SourceEvent: Hashable, Sendable {
    /// A decoder configuration arrived; the same one may come again, and a different one may come at any time.
    case configuration(TrackID, CodecConfiguration)
    case packet(SourcePacket)
    /// Something that the source sent is left out. Telling it once is enough where ``MediaOmission/Reason/lasts``.
    case omission(MediaOmission)
}
