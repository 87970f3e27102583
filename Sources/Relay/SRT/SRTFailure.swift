internal import CSRT

/// What a call into libsrt answered.
package struct SRTFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    /// An `SRT_ERRNO`.
    package let code: Int32
    package let text: String
    /// Where the other side has said so.
    package let rejection: SRTRejection?

    init(_ call: String) {
        self.rejection = nil
        self.call = call
        self.code = srt_getlasterror(nil)
        self.text = unsafe String(cString: srt_getlasterror_str())
    }

    init(_ call: String, _ rejection: SRTRejection) {
        self.call = call
        self.code = 0
        self.text = rejection.sentence
        self.rejection = rejection
    }

    init(_ call: String, text: String) {
        self.rejection = nil
        self.call = call
        self.code = 0
        self.text = text
    }

    package var description: String { "\(self.call): \(self.text)" }

    @discardableResult
    static func check(_ result: Int32, _ call: @autoclosure () -> String) throws(SRTFailure) -> Int32 {
        guard result < 0 else { return result }
        throw SRTFailure(call())
    }
}

/// libsrt itself, which is loaded when it is first used and never stopped: its sockets may outlive whoever made them.
package enum SRTLibrary {
    static func start() throws(SRTFailure) {
        guard let reason = unsafe csrt_start() else { return }
        throw unsafe SRTFailure("loading libsrt", text: String(cString: reason))
    }

    /// The process has given up naming those to whom it sends: only calls can be made from here on, by sockets that are
    /// connected.
    package static func sendConnected() { csrt_send_connected() }
}
