import Toolkit

/// A program that publishes files.
enum Encoder {
    /// Sends a file at the pace of its timestamps, without coding it anew.
    static func start(
        _ file: String,
        to address: String,
        program: String = FFmpeg.system,
        repeats: Int = 0,
        maps: [String] = []
    ) throws -> Program {
        let input = ["-re", "-stream_loop", "\(repeats)", "-i", file]
        return try Program.start(
            program,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"] + input + maps
                + ["-c", "copy", "-f", "flv", address]
        )
    }

    /// Sends a file to its end.
    static func publish(
        _ file: String,
        to address: String,
        program: String = FFmpeg.system,
        maps: [String] = []
    ) async throws {
        let result = try await self.start(file, to: address, program: program, maps: maps).result(within: .seconds(60))
        guard result.ending == .exit(0) else {
            throw ProgramError.failed(program, result.ending, lastWords: result.errorText)
        }
    }
}

extension RelayProcess {
    /// Short segments, so that playlists are there soon.
    static func quick(_ change: (inout RelayConfiguration) -> Void = { _ in }) async throws -> RelayProcess {
        var configuration = RelayConfiguration()
        configuration.segment = "1s"
        change(&configuration)
        return try await RelayProcess.start(configuration)
    }

    /// Waits until a stream has the segments a playlist begins with.
    func waitForPlaylist(_ outlet: Outlet = .hls, of stream: String = "main") async throws {
        _ = try await HTTP.get(outlet.address(on: self, stream: stream)) { $0.status == 200 }
    }
}
