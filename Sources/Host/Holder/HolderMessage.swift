package import Contract

/// What a descriptor is that is held for a host.
package enum HeldThing: Hashable, Sendable, Codable {
    /// Something that a relay stored; of a connection, what the host said of it when it first gave it away.
    case stored(RelayName, StoredDescriptor, Handover?)

    /// A socket that listens at an address of the configuration, whose port the kernel may have chosen.
    case listener(WireProtocol, wanted: String)

    package var isStored: Bool {
        if case .stored = self { true } else { false }
    }
}

/// What a host says to the process that holds its descriptors.
package enum HolderOrder: Hashable, Sendable, Codable {
    /// A descriptor comes with the message and is held under the number until it is dropped. Of one that is held already, only
    /// what is said of it changes, and its descriptor need not come again.
    case hold(UInt64, HeldThing)

    /// The descriptor of that number is closed.
    case drop(UInt64)

    /// The host ends on purpose: nothing is held any more, and the process ends.
    case end
}

/// What the process says to a host that follows one that has died.
package enum HolderAnswer: Hashable, Sendable, Codable {
    /// Held under that number; a duplicate comes with the message.
    case held(UInt64, HeldThing)

    /// So many were told of, which are all.
    case whole(count: Int)
}
