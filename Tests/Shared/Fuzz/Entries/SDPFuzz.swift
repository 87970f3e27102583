import NIOCore
import Wire

/// Text. What was read can be written, and reads as much.
enum SDPFuzz {
    /// What is written may be longer: payload types that needed no explanation get one.
    private static var looser: SDPLimits {
        var limits = SDPLimits()
        limits.bytes *= 4
        limits.lines *= 4
        return limits
    }

    static func run(_ input: ByteBuffer) {
        guard let session = try? SessionDescription(parsing: String(buffer: input)) else { return }
        guard let again = try? SessionDescription(parsing: session.text, limits: Self.looser) else {
            preconditionFailure("what was written is no session description")
        }
        precondition(again.media.count == session.media.count, "a medium was lost in writing")
        for index in session.media.indices {
            precondition(again.media[index].port == session.media[index].port, "a port changed in writing")
            _ = session.connection(of: index)?.isMulticast
            _ = session.sourceFilters(of: index)
            let medium = session.media[index]
            _ = (medium.sources, medium.direction, medium.packetTime, medium.rtcpPort, medium.control)
        }
        let configuration = RTPReceiverConfiguration(canonicalName: "fuzz", source: 1)
        _ = try? RTPReceiver(session, configuration: configuration)
    }
}
