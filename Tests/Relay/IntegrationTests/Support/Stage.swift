import Testing
import Toolkit

/// A relay with a stream on air that goes on for as long as a test needs it.
struct Stage {
    let relay: RelayProcess
    let publisher: Program

    /// Returns once the stream can be played from every output.
    static func open(_ sample: Sample, playlist: Outlet = .hls) async throws -> Stage {
        let source = try await sample.path()
        let program = try await sample.needsModern ? FFmpeg.modern() : FFmpeg.system
        let relay = try await RelayProcess.quick()
        let publisher = try Encoder.start(source, to: relay.publishAddress(), program: program, repeats: 1000)
        try await relay.waitForPlaylist(playlist)
        try await relay.expectLive(codecs: sample.codecNames)
        return Stage(relay: relay, publisher: publisher)
    }
}
