import Foundation
import Synchronization

/// The two versions of ffmpeg that tests run: the one whose libraries the product links, and a newer one that knows
/// Enhanced RTMP.
package enum FFmpeg {
    package static let system = "ffmpeg"
    package static let probe = "ffprobe"

    /// The path of a modern ffmpeg: `TRANSPONDER_MODERN_FFMPEG`, or the one in Python's imageio-ffmpeg.
    package static func modern() async throws(ProgramError) -> String {
        if let path = ProcessInfo.processInfo.environment["TRANSPONDER_MODERN_FFMPEG"], !path.isEmpty { return path }
        if let known = self.found.withLock({ $0 }) { return known }
        for python in ["python3", Checkout.root.appendingPathComponent(".build-tools/python/bin/python3").path] {
            let question = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
            guard let result = try? await Program.run(python, ["-c", question]) else { continue }
            let path = result.outputText.trimmingCharacters(in: .whitespacesAndNewlines)
            self.found.withLock { $0 = path }
            return path
        }
        throw .notInstalled("a modern ffmpeg (Python's imageio-ffmpeg)")
    }

    private static let found = Mutex<String?>(nil)
}
