package import Contract

/// Which stream an RTMP peer means by the two parts of its address.
package enum RTMPAddress: Hashable, Sendable {
    case stream(StreamName)
    case otherRelay(sentence: String)
    case badName(sentence: String)

    package static func read(app: String, stream: String, of relay: RelayName) -> RTMPAddress {
        guard app == relay.rawValue else {
            return .otherRelay(sentence: "There is no relay \(RelayName.asked(app)) here; this one is '\(relay)'.")
        }
        do {
            return .stream(try StreamName(stream))
        } catch {
            return .badName(sentence: "\(error) The address is rtmp://HOST/\(relay)/STREAM.")
        }
    }
}
