/// What a client that must show who it is is offered (RFC 2617, RFC 7616).
///
/// The best stands first, as RFC 7616 section 3.7 wants it; MD5 comes behind SHA-256 because live555, GStreamer and
/// ffmpeg before version 8 take the last Digest there is and know only MD5. `qop` is not offered: it protects nothing
/// here, and cameras get it wrong.
enum RTSPChallenge {
    static let realm = "transponder"

    static func headers(nonce: String, isStale: Bool) -> [RTSPHeaders.Field] {
        let common = "Digest realm=\"\(Self.realm)\", nonce=\"\(nonce)\"" + (isStale ? ", stale=\"true\"" : "")
        return [
            RTSPHeaders.Field("WWW-Authenticate", common + ", algorithm=\"SHA-256\""),
            RTSPHeaders.Field("WWW-Authenticate", common + ", algorithm=\"MD5\""),
            RTSPHeaders.Field("WWW-Authenticate", "Basic realm=\"\(Self.realm)\""),
        ]
    }
}
