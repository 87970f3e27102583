import NIOCore

/// Acknowledgements, bandwidth and pings of one side (RTMP 1.0 sections 5.4.3 to 5.4.5 and 7.1.7).
struct RTMPFlow: Sendable {
    /// What was said so far, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var window: UInt32
        fileprivate var toldWindow: UInt32
        fileprivate var acknowledged: UInt64
    }

    private let ownWindow: UInt32

    /// Bytes between acknowledgements, as the peer asked.
    private var window: UInt32

    /// The last window told to the peer.
    private var toldWindow: UInt32

    /// The count of bytes in the last acknowledgement.
    private var acknowledged: UInt64 = 0

    init(window: UInt32) {
        self.ownWindow = window
        self.window = window
        self.toldWindow = window
    }

    var standing: Standing {
        Standing(window: self.window, toldWindow: self.toldWindow, acknowledged: self.acknowledged)
    }

    init(resuming standing: Standing, window: UInt32) {
        self.init(window: window)
        self.window = standing.window > 0 ? standing.window : window
        self.toldWindow = standing.toldWindow
        self.acknowledged = standing.acknowledged
    }

    /// What a control message wants said.
    ///
    /// Acknowledgements want nothing: nobody here waits for one, the socket's own window is enough.
    ///
    /// - Throws: the type of a message that is cut short.
    mutating func answer(to message: RTMPMessage) throws(RTMPError.Reason) -> RTMPMessage? {
        switch message.type {
        case .windowAcknowledgementSize:
            let size: UInt32 = try Self.integer(of: message, at: 0)
            // 0 would acknowledge every byte; nobody who sends it means that.
            self.window = size > 0 ? size : self.ownWindow
        case .setPeerBandwidth:
            let size: UInt32 = try Self.integer(of: message, at: 0)
            guard size != self.toldWindow else { return nil }
            self.toldWindow = size
            return RTMPControl.windowAcknowledgementSize(size).message
        case .userControl:
            guard try Self.integer(of: message, at: 0) == UInt16(6) else { return nil }
            return RTMPControl.pingResponse(try Self.integer(of: message, at: 2)).message
        default: break
        }
        return nil
    }

    /// The acknowledgement due once that many bytes of the connection have come; at most one for each read.
    mutating func acknowledgement(at offset: UInt64) -> RTMPMessage? {
        // One that goes on with another's reads again what that had acknowledged.
        guard offset > self.acknowledged, offset - self.acknowledged >= UInt64(self.window) else { return nil }
        self.acknowledged = offset
        return RTMPControl.acknowledgement(UInt32(truncatingIfNeeded: offset)).message
    }

    private static func integer<Integer: FixedWidthInteger>(
        of message: RTMPMessage,
        at offset: Int
    ) throws(RTMPError.Reason) -> Integer {
        guard let value: Integer = message.payload.getInteger(at: message.payload.readerIndex + offset) else {
            throw .truncatedMessage(message.type)
        }
        return value
    }
}

extension RTMPFlow.Standing {
    /// One that ``write(to:)`` wrote; nil where there is none.
    init?(reading bytes: inout ByteBuffer) {
        guard let window = bytes.readInteger(as: UInt32.self), let told = bytes.readInteger(as: UInt32.self),
            let acknowledged = bytes.readInteger(as: UInt64.self)
        else { return nil }
        self.init(window: window, toldWindow: told, acknowledged: acknowledged)
    }

    func write(to bytes: inout ByteBuffer) {
        bytes.writeMultipleIntegers(self.window, self.toldWindow, self.acknowledged)
    }
}
