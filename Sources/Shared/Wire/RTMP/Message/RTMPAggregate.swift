import NIOCore

/// An aggregate message (RTMP 1.0 section 7.1.6): FLV tags in a row, each followed by its size.
package enum RTMPAggregate {
    /// The messages in an aggregate, on the aggregate's clock: its timestamp is that of the first. None holds the rest of
    /// the aggregate in memory.
    package static func split(
        _ aggregate: RTMPMessage,
        limits: RTMPLimits
    ) throws(RTMPError.Reason) -> [RTMPMessage] {
        var bytes = aggregate.payload
        var messages: [RTMPMessage] = []
        var shift: UInt32?
        while bytes.readableBytes > 0 {
            guard let head: UInt64 = bytes.readInteger(), bytes.readableBytes >= 3 else {
                throw .truncatedMessage(.aggregate)
            }
            guard messages.count < limits.aggregateMessages else {
                throw .tooManyMessages(limit: limits.aggregateMessages)
            }
            bytes.moveReaderIndex(forwardBy: 3)
            let type = RTMPMessageType(rawValue: UInt8(head >> 56))
            let length = Int(head >> 32 & 0xFF_FFFF)
            let timestamp = UInt32(truncatingIfNeeded: head & 0xFF) << 24 | UInt32(head >> 8 & 0xFF_FFFF)
            guard let payload = bytes.readSlice(length: length) else { throw .truncatedMessage(.aggregate) }
            // The last back pointer is missing from some servers' aggregates.
            bytes.moveReaderIndex(forwardBy: min(4, bytes.readableBytes))
            let offset = shift ?? aggregate.timestamp &- timestamp
            shift = offset
            messages.append(
                RTMPMessage(
                    type: type,
                    streamID: aggregate.streamID,
                    timestamp: timestamp &+ offset,
                    payload: payload.detached
                )
            )
        }
        return messages
    }
}
