/// Status codes (RFC 2326 section 7.1.1).
package struct RTSPStatus: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static let ok = RTSPStatus(rawValue: 200)
    package static let badRequest = RTSPStatus(rawValue: 400)
    package static let unauthorized = RTSPStatus(rawValue: 401)
    package static let forbidden = RTSPStatus(rawValue: 403)
    package static let notFound = RTSPStatus(rawValue: 404)
    package static let requestTimeout = RTSPStatus(rawValue: 408)
    package static let requestEntityTooLarge = RTSPStatus(rawValue: 413)
    package static let requestURITooLarge = RTSPStatus(rawValue: 414)
    package static let unsupportedMediaType = RTSPStatus(rawValue: 415)
    package static let parameterNotUnderstood = RTSPStatus(rawValue: 451)
    package static let notEnoughBandwidth = RTSPStatus(rawValue: 453)
    package static let sessionNotFound = RTSPStatus(rawValue: 454)
    package static let methodNotValidInThisState = RTSPStatus(rawValue: 455)
    package static let aggregateOperationNotAllowed = RTSPStatus(rawValue: 459)
    package static let onlyAggregateOperationAllowed = RTSPStatus(rawValue: 460)
    package static let unsupportedTransport = RTSPStatus(rawValue: 461)
    package static let internalServerError = RTSPStatus(rawValue: 500)
    package static let notImplemented = RTSPStatus(rawValue: 501)
    package static let serviceUnavailable = RTSPStatus(rawValue: 503)
    package static let versionNotSupported = RTSPStatus(rawValue: 505)
    package static let optionNotSupported = RTSPStatus(rawValue: 551)

    /// What stands behind the code where nothing better is said.
    package var phrase: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .requestTimeout: "Request Timeout"
        case .requestEntityTooLarge: "Request Entity Too Large"
        case .requestURITooLarge: "Request-URI Too Large"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .parameterNotUnderstood: "Parameter Not Understood"
        case .notEnoughBandwidth: "Not Enough Bandwidth"
        case .sessionNotFound: "Session Not Found"
        case .methodNotValidInThisState: "Method Not Valid in This State"
        case .aggregateOperationNotAllowed: "Aggregate Operation Not Allowed"
        case .onlyAggregateOperationAllowed: "Only Aggregate Operation Allowed"
        case .unsupportedTransport: "Unsupported Transport"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        case .versionNotSupported: "RTSP Version Not Supported"
        case .optionNotSupported: "Option Not Supported"
        default: "Status \(self.rawValue)"
        }
    }
}
