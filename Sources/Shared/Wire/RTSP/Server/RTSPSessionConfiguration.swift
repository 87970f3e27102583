/// What all server sessions of a listener share.
package struct RTSPSessionConfiguration: Hashable, Sendable {
    package var limits = RTSPLimits()

    /// Seconds of silence after which a session is over, as clients are told (RFC 2326 section 12.37).
    package var timeout = 60

    /// What the server calls itself.
    package var server = "Transponder"

    package init() {}
}
