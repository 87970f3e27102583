package import Contract

/// What is spoken at a listener. Its name is its key under `listen`.
package enum DoorProtocol: String, Hashable, Sendable, CaseIterable {
    case rtmp, http, rtmps, https, rtsp, rtsps

    package var wire: WireProtocol {
        switch self {
        case .rtmp: .rtmp
        case .http: .http
        case .rtmps: .rtmps
        case .https: .https
        case .rtsp: .rtsp
        case .rtsps: .rtsps
        }
    }

    package var isSecure: Bool { self == .rtmps || self == .https || self == .rtsps }

    /// What is spoken under TLS, if there is any.
    package var stage: Handover.Stage {
        switch self {
        case .rtmp, .rtmps: .rtmp
        case .http, .https: .http
        case .rtsp, .rtsps: .rtsp
        }
    }
}
