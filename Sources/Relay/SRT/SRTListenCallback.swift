internal import CSRT

/// A caller that has not been answered.
package struct SRTCall: Sendable {
    /// The number its socket will have.
    package let id: SRTSocketID
    /// `host:port`.
    package let peer: String
    /// What it says it wants, empty where it says nothing.
    package let streamID: String
}

package enum SRTAnswer: Sendable {
    /// Goes on, with what this caller has to encrypt with. From one that only receives little is taken, so that little is
    /// kept ready for it: 0.4 MB less for each.
    case admit(passphrase: String?, onlyReceives: Bool)
    case refuse(SRTRejection)
}

package typealias SRTListenCallback = @Sendable (SRTCall) -> SRTAnswer

/// Why a call is refused, as callers are told: `access_control.h`.
package struct SRTRejection: Error, Hashable, Sendable {
    package let code: Int32

    package init(code: Int32) {
        self.code = code
    }

    package static let badRequest = SRTRejection(code: SRT_REJX_BAD_REQUEST)
    package static let unauthorized = SRTRejection(code: SRT_REJX_UNAUTHORIZED)
    package static let overload = SRTRejection(code: SRT_REJX_OVERLOAD)
    package static let forbidden = SRTRejection(code: SRT_REJX_FORBIDDEN)
    package static let notFound = SRTRejection(code: SRT_REJX_NOTFOUND)
    package static let badMode = SRTRejection(code: SRT_REJX_BAD_MODE)
    package static let conflict = SRTRejection(code: SRT_REJX_CONFLICT)
    package static let unacceptable = SRTRejection(code: SRT_REJX_UNACCEPTABLE)

    /// What libsrt says itself.
    package static let otherPassphrase = SRTRejection(code: Int32(bitPattern: SRT_REJ_BADSECRET.rawValue))
    package static let onePassphrase = SRTRejection(code: Int32(bitPattern: SRT_REJ_UNSECURE.rawValue))
    package static let unanswered = SRTRejection(code: Int32(bitPattern: SRT_REJ_TIMEOUT.rawValue))

    /// For the person at the caller's end.
    package var sentence: String {
        switch self.code {
        case Self.badRequest.code: "The other side does not understand the stream id."
        case Self.unauthorized.code: "The other side does not accept the key or token."
        case Self.overload.code: "The other side takes no more connections."
        case Self.forbidden.code: "The other side does not allow it."
        case Self.notFound.code: "The other side has no such stream."
        case Self.unacceptable.code: "The other side has the stream in codings that MPEG-TS cannot carry."
        case Self.badMode.code: "The other side does not know the mode in the stream id."
        case Self.conflict.code: "Somebody else is sending the stream to the other side."
        case Self.otherPassphrase.code: "The passphrase is not the other side's."
        case Self.onePassphrase.code: "One side has a passphrase and the other has none."
        case Self.unanswered.code: "Nobody answers there."
        default: unsafe "The other side refused: \(String(cString: srt_rejectreason_str(self.code)))."
        }
    }
}

/// What libsrt calls back with.
final class SRTListenCallbackBox: Sendable {
    private let callback: SRTListenCallback

    /// Packets under way that libsrt can be told to expect, at least.
    private static let leastWindow: Int32 = 32

    init(_ callback: @escaping SRTListenCallback) {
        self.callback = callback
    }

    /// 0 lets the caller through, −1 does not.
    static func ask(
        _ box: UnsafeMutableRawPointer?,
        _ number: SRTSOCKET,
        _ version: Int32,
        _ peer: UnsafePointer<sockaddr>?,
        _ streamID: UnsafePointer<CChar>?
    ) -> Int32 {
        guard let box = unsafe box else { return -1 }
        let callback = unsafe Unmanaged<SRTListenCallbackBox>.fromOpaque(box).takeUnretainedValue().callback
        var text = [CChar](repeating: 0, count: Int(csrt_address_size))
        if let peer = unsafe peer { unsafe csrt_text(peer, &text) }
        let call = SRTCall(
            id: SRTSocketID(number),
            peer: String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
            streamID: unsafe streamID.map { unsafe String(cString: $0) } ?? ""
        )
        switch callback(call) {
        case .refuse(let rejection):
            srt_setrejectreason(number, rejection.code)
            return -1
        case .admit(let passphrase, let onlyReceives):
            if onlyReceives { csrt_set_number(number, SRTO_FC, Self.leastWindow) }
            guard let passphrase else { return 0 }
            let bytes = Array(passphrase.utf8.map(CChar.init(bitPattern:)))
            let result = unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe csrt_set_text(number, SRTO_PASSPHRASE, bytes.baseAddress, Int32(clamping: bytes.count))
            }
            return result < 0 ? -1 : 0
        }
    }
}
