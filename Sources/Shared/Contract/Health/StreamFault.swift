/// What can be wrong with a stream that is on air, worst first. The raw values stand in reports: they never change.
package enum StreamFault: String, Hashable, Sendable, Codable, CaseIterable {
    /// Sound arrives, the picture has stopped.
    case videoStopped = "video_stopped"
    /// The picture arrives, the sound has stopped.
    case audioStopped = "audio_stopped"
    /// The picture is black.
    case black
    /// The sound has been silent for a while.
    case silent
    /// A picture that moved stands still.
    case frozen
    /// The picture is of one colour.
    case flat
    /// Sources replace each other again and again.
    case contended
    /// The source has been lost again and again.
    case unstable
    /// The relay is kept from the processor by its limit, so that all of its viewers may see pauses.
    case relayOverloaded = "relay_overloaded"
    /// Packets are lost between the source and the relay.
    case packetsLost = "packets_lost"
    /// Pictures arrive at a fraction of their usual rate.
    case frameRateFell = "frame_rate_fell"
    /// The picture has a fraction of its usual bitrate.
    case bitrateFell = "bitrate_fell"
    /// The stream has a lower bitrate than the configuration expects.
    case bitrateLow = "bitrate_low"
    /// The stream has a higher bitrate than the configuration expects.
    case bitrateHigh = "bitrate_high"
    /// Fewer pictures a second come than the configuration expects.
    case frameRateLow = "frame_rate_low"
    /// More pictures a second come than the configuration expects.
    case frameRateHigh = "frame_rate_high"
    /// The picture has another size than the configuration expects.
    case sizeUnexpected = "size_unexpected"
    /// Media comes more slowly than it plays.
    case inputSlow = "input_slow"
    /// Media comes faster than it plays.
    case inputFast = "input_fast"
    /// The source came back without the sound or the picture it had.
    case trackMissing = "track_missing"
    /// A playlist that players ask for names nothing new for longer than it promises.
    case playlistStopped = "playlist_stopped"
    /// Newcomers wait long for a picture.
    case keyframesRare = "keyframes_rare"
    /// Sound and picture have moved against one another by their timestamps.
    case tracksStepped = "tracks_stepped"
    /// Sound and picture move apart steadily by their timestamps.
    case drifting
    /// One of two channels has no sound.
    case channelMissing = "channel_missing"
    /// Much of the sound is cut off at full scale.
    case clipping
    /// The sound has been hardly audible for long.
    case soundLow = "sound_low"
    /// The source's timestamps go backwards again and again.
    case timestampsJump = "timestamps_jump"
    /// Something the source sends is left out, for everybody or in one format, and it is known what and why.
    case mediaLeftOut = "media_left_out"
    /// Part of what the source sends is thrown away.
    case packetsDropped = "packets_dropped"
    /// A place that the stream is sent to does not get it.
    case pushFailed = "push_failed"
    /// A form of the stream that viewers ask for cannot be had by any of them, while others get theirs.
    case formatUnavailable = "format_unavailable"
    /// Viewers cannot take the stream as fast as it comes.
    case viewersSlow = "viewers_slow"
    /// Another encoder wants the stream and is refused, as one with a wrong key.
    case publisherRefused = "publisher_refused"
    /// Sound and picture of the same time come seconds apart.
    case interleaveGap = "interleave_gap"
    /// The picture is coded in a way that browsers and most decoders do not play.
    case profileUnusual = "profile_unusual"
    /// Pictures are sent long before they are shown.
    case reorderingDeep = "reordering_deep"
    /// The picture's size or coding, or the sound's, has changed while the source was on air.
    case formatChanged = "format_changed"
    /// Fewer seconds are kept than viewers are promised.
    case tapeShort = "tape_short"
    /// Text in the picture is too small or too coarse to be read.
    case textIllegible = "text_illegible"
    /// Nobody looks at picture and sound, although that is asked for.
    case unchecked
}
