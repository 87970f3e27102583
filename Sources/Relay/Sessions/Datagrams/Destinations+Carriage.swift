package import Contract
package import Streams

extension DestinationTrouble {
    /// What it means for who is to be sent to that a viewer would be refused.
    package init(_ denial: PlayDenial) {
        switch denial.reason {
        case .tooMany, .noMemory: self = .noRoom
        default: self = .unsuitable
        }
    }
}

extension DestinationSnapshot {
    /// As it stands where what it is sent can carry nothing of the stream: whoever was begun to be sent to before that was known
    /// gets nothing either.
    package func examined(_ stream: Streams.Stream?, _ format: WireFormat) -> DestinationSnapshot {
        guard let stream, !stream.isCarried(by: format) else { return self }
        var examined = self
        (examined.sendingSince, examined.trouble) = (nil, .unsuitable)
        return examined
    }
}
