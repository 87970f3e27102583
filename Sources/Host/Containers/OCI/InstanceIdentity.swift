/// Who an instance is: inside, and to the machine.
package struct InstanceIdentity: Hashable, Sendable {
    /// User and group of its processes inside.
    package let inside: UInt32
    package let users: [OCISpec.Linux.IDMapping]
    package let groups: [OCISpec.Linux.IDMapping]

    /// Above all ids that systemd, adduser and /etc/subuid give out.
    package static let firstID: UInt32 = 1_879_048_192
    package static let slots: UInt32 = 4000

    /// The last id of a range, `nobody`.
    package static let nobody: UInt32 = 65534

    /// Inside there are two users: 0, whom the runtime needs to set the container up, and `nobody`, who the processes are.
    /// To the machine they are users of no account, and others for each instance, give or take a chance of 1 in 4000.
    package static func ofRoot(for id: InstanceID) -> InstanceIdentity {
        // FNV-1a: the same on every run, unlike Hasher.
        let hash = id.rawValue.utf8.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let first = self.firstID + (hash % self.slots) * 65536
        let map = [
            OCISpec.Linux.IDMapping(containerID: 0, hostID: first),
            OCISpec.Linux.IDMapping(containerID: self.nobody, hostID: first + self.nobody),
        ]
        return InstanceIdentity(inside: self.nobody, users: map, groups: map)
    }

    /// An ordinary user may map itself, and with newuidmap(1) the ids it was given in /etc/subuid. Without those, user 0
    /// inside is the user itself: a user of the machine, but without a capability, and seeing only what is bound in.
    package static func of(user: UInt32, group: UInt32, subordinate: (user: UInt32, group: UInt32)?) -> InstanceIdentity
    {
        let own = OCISpec.Linux.IDMapping(containerID: 0, hostID: user)
        let ownGroup = OCISpec.Linux.IDMapping(containerID: 0, hostID: group)
        guard let subordinate else { return InstanceIdentity(inside: 0, users: [own], groups: [ownGroup]) }
        return InstanceIdentity(
            inside: self.nobody,
            users: [own, OCISpec.Linux.IDMapping(containerID: self.nobody, hostID: subordinate.user)],
            groups: [ownGroup, OCISpec.Linux.IDMapping(containerID: self.nobody, hostID: subordinate.group)]
        )
    }
}
