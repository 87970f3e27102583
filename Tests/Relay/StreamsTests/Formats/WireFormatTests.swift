import Streams
import Testing

@Suite struct WireFormatTests {
    @Test func formatsAreToldApartByWhatTheySend() {
        #expect(WireFormat.ts == .ts)
        #expect(WireFormat.mp4Sound(1) != .mp4Sound(2))
        let (first, second) = (WireFormat.rtpTracks(RTPTrackNumbers([0])), WireFormat.rtpTracks(RTPTrackNumbers([1])))
        #expect(first != second)
        #expect(first == .rtpTracks(RTPTrackNumbers([0, 999])))
        #expect(Set([first, second, .rtp, .rtp]).count == 3)
        #expect([first, second].map(\.name) == ["rtp_tracks", "rtp_tracks"])
    }
}
