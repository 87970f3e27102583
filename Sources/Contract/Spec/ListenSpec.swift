/// The front door: which protocols are served, and where. Absent is off.
package struct ListenSpec: Hashable, Sendable, Codable {
    package let rtmp: ListenAddress?
    package let http: ListenAddress?
    /// The same over TLS.
    package let rtmps: ListenAddress?
    package let https: ListenAddress?
    package let rtsp: ListenAddress?
    package let srt: ListenAddress?

    package init(
        rtmp: ListenAddress? = nil,
        http: ListenAddress? = nil,
        rtmps: ListenAddress? = nil,
        https: ListenAddress? = nil,
        rtsp: ListenAddress? = nil,
        srt: ListenAddress? = nil
    ) {
        self.rtmp = rtmp
        self.http = http
        self.rtmps = rtmps
        self.https = https
        self.rtsp = rtsp
        self.srt = srt
    }
}
