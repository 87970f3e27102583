internal import CLibav

/// The libraries this process has loaded, which may be newer than those it was built with.
package enum LibavVersion {
    /// For a start-up log line: `libavformat 59.27.100, libavcodec 59.37.100`.
    package static var description: String {
        "libavformat \(self.words(avformat_version())), libavcodec \(self.words(avcodec_version()))"
    }

    private static func words(_ version: UInt32) -> String {
        "\(version >> 16).\(version >> 8 & 0xff).\(version & 0xff)"
    }
}
