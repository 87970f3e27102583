package import Linux

/// Why a control channel ended, or why a message was not sent.
package enum ControlError: Error, Hashable, Sendable {
    /// The other program closed its end, or is gone.
    case closedByPeer

    /// ``ControlChannel/close()`` was called here.
    case closed

    /// Bytes that are no frame.
    case brokenFrame(BrokenFrame)

    /// A frame that says it is larger than anything the language has.
    case overLimit(Part, size: Int, limit: Int)

    /// A frame whose message is not of the language; where in it, and what was wrong.
    case undecodable(path: String, reason: String)

    /// A message of ours that has no JSON form.
    case unencodable(reason: String)

    /// More messages in a second than the other program may send.
    case flooding(limit: Int)

    /// The other program does not read: so many bytes wait for it.
    case backlogFull(limit: Int)

    case system(LinuxError)

    package enum Part: String, Hashable, Sendable {
        case message, payload, descriptors
    }

    package enum BrokenFrame: Hashable, Sendable {
        /// The header announces a descriptor, but none came with it.
        case descriptorMissing
        /// One came that no header announces.
        case descriptorUnexpected
        /// Too many came at once for the kernel to give them to this process.
        case descriptorsLost
    }
}

extension ControlError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .closedByPeer: "the other program closed the control channel"
        case .closed: "the control channel was closed"
        case .brokenFrame(.descriptorMissing): "a control message came without the socket it announces"
        case .brokenFrame(.descriptorUnexpected): "a socket came that no control message announces"
        case .brokenFrame(.descriptorsLost): "a socket that came with a control message could not be taken"
        case .overLimit(let part, let size, let limit):
            "a control message has \(size) \(part == .descriptors ? "sockets" : "bytes of \(part.rawValue)"), "
                + "over the limit of \(limit)"
        case .undecodable(let path, let reason): "a control message cannot be read at \(path): \(reason)"
        case .unencodable(let reason): "a control message cannot be written: \(reason)"
        case .flooding(let limit): "the other program sent more than \(limit) control messages in a second"
        case .backlogFull(let limit): "the other program does not read its control messages: \(limit) bytes wait for it"
        case .system(let error): "the control channel failed: \(error)"
        }
    }
}
