/// What a stream is made of, in order: configurations, each before the packets it describes, and packets.
package enum MediaEvent: Hashable, Sendable {
    /// From here on the track is coded so. Repeated only when it changed.
    case configuration(TrackID, CodecConfiguration)
    case packet(Packet)
}
