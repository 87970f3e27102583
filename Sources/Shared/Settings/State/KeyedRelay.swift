package import Contract

/// A relay that has a publish key, and where the key came from.
package struct KeyedRelay: Sendable {
    package let spec: RelaySpec
    package let origin: PublishKeyOrigin

    /// Takes the configured key, or the one that the state directory keeps for the relay, made on its first start.
    ///
    /// The directory is opened only where the configuration has no key: a relay that has one needs none.
    package init(
        _ spec: RelaySpec,
        state: @autoclosure () throws(StateError) -> StateDirectory
    ) throws(StateError) {
        guard spec.publishKey == nil else {
            self.spec = spec
            self.origin = .configured
            return
        }
        let kept = try state().publishKey(of: spec.name)
        self.spec = spec.keyed(kept.secret)
        self.origin = kept.isNew ? .fresh(kept.secret, file: kept.file) : .kept(file: kept.file)
    }
}
