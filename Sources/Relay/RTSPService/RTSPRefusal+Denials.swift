import Contract
import Streams
import Wire

extension RTSPRefusal {
    init(_ denial: PublishDenial) {
        let status: RTSPStatus =
            switch denial.reason {
            case .noKey, .wrongKey: .unauthorized
            case .busy, .declaredSource: .forbidden
            case .unknownStream, .unknownRelay, .badName: .notFound
            case .tooMany, .noMemory: .serviceUnavailable
            case .unsupported: .unsupportedMediaType
            case .malformed: .badRequest
            }
        self.init(status, denial.sentence)
    }

    init(_ denial: PlayDenial) {
        let status: RTSPStatus =
            switch denial.reason {
            case .noToken, .wrongToken: .unauthorized
            case .unknownStream, .unknownRelay, .badName: .notFound
            case .tooMany, .noMemory: .notEnoughBandwidth
            case .unsupported: .unsupportedMediaType
            case .malformed: .badRequest
            }
        self.init(status, denial.sentence)
    }
}
