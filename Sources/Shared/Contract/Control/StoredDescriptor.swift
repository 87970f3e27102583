/// Something that a relay has its host keep, so that the instance after this one goes on with it.
package struct StoredDescriptor: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        /// Memory of a fixed size: a memfd whose size is sealed (F_SEAL_SHRINK and F_SEAL_GROW, fcntl(2)).
        case memory
        /// A connection by plain TCP that the host gave to this instance.
        case connection
        /// A UDP socket that the host gave to this instance.
        case datagrams
    }

    /// The relay's own, of this thing alone for as long as it is stored, over the deaths of instances.
    package let number: UInt64

    package let kind: Kind

    /// For the next instance; the host does not read it. At most ``ControlLimits/label`` bytes of UTF-8.
    package let label: String

    package init(number: UInt64, kind: Kind, label: String) {
        self.number = number
        self.kind = kind
        self.label = label
    }
}
