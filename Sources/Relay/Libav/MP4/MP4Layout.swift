/// How the tracks of a fragmented MP4 share its fragments.
package enum MP4Layout: Hashable, Sendable {
    /// All tracks in one file: what `.mp4` and muxed HLS segments are.
    case muxed
    /// One track, by the rules of CMAF (ISO/IEC 23000-19).
    case cmaf
}
