import Contract
import Streams
import Wire

/// Which stream an RTSP peer means.
enum RTSPTarget {
    case stream(StreamName)
    case otherRelay(sentence: String)
    case badName(sentence: String)

    static func read(_ address: RTSPAddress, of relay: RelayName) -> RTSPTarget {
        guard address.relay == relay.rawValue else {
            return .otherRelay(
                sentence: "There is no relay \(RelayName.asked(address.relay)) here; this one is '\(relay)'."
            )
        }
        do {
            return .stream(try StreamName(address.stream))
        } catch {
            return .badName(sentence: "\(error) The address is rtsp://HOST/\(relay)/STREAM.")
        }
    }
}

extension PublishGuard {
    static func name(_ address: RTSPAddress, of relay: RelayName) throws(PublishDenial) -> StreamName {
        switch RTSPTarget.read(address, of: relay) {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PublishDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PublishDenial(.badName, sentence)
        }
    }
}

extension PlayGuard {
    static func name(_ address: RTSPAddress, of relay: RelayName) throws(PlayDenial) -> StreamName {
        switch RTSPTarget.read(address, of: relay) {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PlayDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PlayDenial(.badName, sentence)
        }
    }
}
