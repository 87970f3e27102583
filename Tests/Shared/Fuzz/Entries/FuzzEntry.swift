package import NIOCore

/// What a fuzzer feeds, and the replay of what fuzzers found. Whatever the bytes are, an entry returns: a trap is a find.
package enum FuzzEntry: String, CaseIterable, Sendable {
    case rtmp, amf, flv, rtsp, sdp, rtp, rtcp, ts, psi, latm, srt, request, nal, proxy

    package func run(_ input: ByteBuffer) {
        switch self {
        case .rtmp: RTMPFuzz.run(input)
        case .proxy: ProxyFuzz.run(input)
        case .amf: AMFFuzz.run(input)
        case .flv: FLVFuzz.run(input)
        case .rtsp: RTSPFuzz.run(input)
        case .sdp: SDPFuzz.run(input)
        case .rtp: RTPFuzz.run(input)
        case .rtcp: RTCPFuzz.run(input)
        case .ts: TSFuzz.run(input)
        case .psi: PSIFuzz.run(input)
        case .latm: LATMFuzz.run(input)
        case .srt: SRTFuzz.run(input)
        case .request: RequestFuzz.run(input)
        case .nal: NALFuzz.run(input)
        }
    }
}
