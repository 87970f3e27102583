import Contract

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

    static let draining = "The server is shutting down."
}
