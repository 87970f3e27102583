/// The front door: which protocols are served, and where. Absent is off.
package struct ListenSpec: Hashable, Sendable, Codable {
    package let rtmp: ListenAddress?
    package let http: ListenAddress?
    /// The same over TLS.
    package let rtmps: ListenAddress?
    package let https: ListenAddress?
    package let rtsp: ListenAddress?
    package let rtsps: ListenAddress?
    /// Of the only relay; where there are several each has its own.
    package let srt: ListenAddress?
    /// Ports of UDP for the RTP of RTSP sessions and of pushes.
    package let udp: PortRange?

    package init(
        rtmp: ListenAddress? = nil,
        http: ListenAddress? = nil,
        rtmps: ListenAddress? = nil,
        https: ListenAddress? = nil,
        rtsp: ListenAddress? = nil,
        rtsps: ListenAddress? = nil,
        srt: ListenAddress? = nil,
        udp: PortRange? = nil
    ) {
        self.rtmp = rtmp
        self.http = http
        self.rtmps = rtmps
        self.https = https
        self.rtsp = rtsp
        self.rtsps = rtsps
        self.srt = srt
        self.udp = udp
    }
}
