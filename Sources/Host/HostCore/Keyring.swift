internal import Contract
internal import Greeting
internal import Settings

/// The keys of relays that the configuration gives none.
struct Keyring: Sendable {
    let state: StateDirectory

    /// Relays with their keys, and how these came to be.
    func keyed(_ relays: [RelaySpec]) throws(StateError) -> [(spec: RelaySpec, key: Banner.Key)] {
        var keyed: [(spec: RelaySpec, key: Banner.Key)] = []
        for relay in relays {
            guard relay.publishKey == nil else {
                keyed.append((relay, .configured))
                continue
            }
            let kept = try self.state.publishKey(of: relay.name)
            keyed.append(
                (
                    relay.keyed(kept.secret),
                    kept.isNew ? .fresh(kept.secret, file: kept.file) : .kept(file: kept.file)
                )
            )
        }
        return keyed
    }
}
