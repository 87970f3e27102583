import Contract
import Linux

/// What the front door tells those it sends away.
enum DoorSentences {
    static func unknownRelay(_ app: String, scheme: String) -> String {
        app.isEmpty
            ? "The address names no relay; write it as \(scheme)://HOST/RELAY/STREAM."
            : "There is no relay \(RelayName.asked(app)) here."
    }

    static func notReady(_ relay: RelayName) -> String {
        "The relay '\(relay)' is being started; try again in a moment."
    }

    static func waitingRoomFull(_ relay: RelayName) -> String {
        "The relay '\(relay)' is being started and too many wait for it; try again in a moment."
    }

    static func untrustedProxy(_ host: InternetAddress.Host) -> String {
        "a PROXY header came from \(host), which trusted_proxies does not name"
    }

    static func badProxyHeader(_ sentence: String, _ host: InternetAddress.Host, at kind: DoorProtocol) -> String {
        "\(host) is one of trusted_proxies and sent \(sentence) to listen.\(kind.name): have it send one "
            + "(send-proxy-v2 in haproxy, proxy_protocol on in nginx), or take it out of trusted_proxies"
    }

    static let draining = "The server is shutting down."
}
