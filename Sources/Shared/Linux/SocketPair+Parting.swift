extension SocketPair {
    /// Gives each end to an owner of its own.
    package consuming func parted() -> (first: HeldDescriptor, second: HeldDescriptor) {
        (HeldDescriptor(self.first), HeldDescriptor(self.second))
    }
}
