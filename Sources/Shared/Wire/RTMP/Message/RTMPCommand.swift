import NIOCore

/// A command message (RTMP 1.0 section 7.2): a name, the number its answer shall carry, and arguments.
package struct RTMPCommand: Hashable, Sendable {
    package var name: String

    /// 0 where no answer is wanted.
    package var transaction: Double

    /// The command object first, null for most commands.
    package var arguments: [AMFValue]

    package init(_ name: String, transaction: Double = 0, _ arguments: AMFValue...) {
        self.name = name
        self.transaction = transaction
        self.arguments = arguments
    }

    /// Reads a message of type 20 or 17. The latter begins with a zero byte that means nothing, and holds AMF0 values
    /// that may switch to AMF3; some clients leave the byte out.
    ///
    /// Returns nil where there is no name to obey.
    package init?(_ message: RTMPMessage, limits: AMFLimits) throws(AMFError) {
        var payload = message.payload
        if message.type == .commandAMF3, payload.getInteger(at: payload.readerIndex, as: UInt8.self) == 0 {
            payload.moveReaderIndex(forwardBy: 1)
        }
        var values = try AMF0Decoder.decodeAll(payload, limits: limits)[...]
        guard let name = values.popFirst()?.string else { return nil }
        self.name = name
        self.transaction = values.popFirst()?.number ?? 0
        self.arguments = Array(values)
    }

    /// The argument after the command object, counted from 0.
    package func argument(_ index: Int) -> AMFValue? {
        self.arguments.dropFirst(1 + index).first
    }

    package func message(streamID: UInt32 = 0) -> RTMPMessage {
        var payload = AMF0Encoder.encode(.string(self.name), .number(self.transaction))
        for argument in self.arguments {
            AMF0Encoder.write(argument, into: &payload)
        }
        return RTMPMessage(type: .commandAMF0, streamID: streamID, payload: payload)
    }
}

extension RTMPCommand {
    package static func result(_ transaction: Double, _ properties: AMFValue, _ information: AMFValue) -> RTMPCommand {
        RTMPCommand("_result", transaction: transaction, properties, information)
    }

    package static func error(_ transaction: Double, _ status: RTMPStatus) -> RTMPCommand {
        RTMPCommand("_error", transaction: transaction, nil, status.value)
    }

    package static func onStatus(_ status: RTMPStatus) -> RTMPCommand {
        RTMPCommand("onStatus", nil, status.value)
    }
}
