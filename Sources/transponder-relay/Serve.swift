import Contract
import Endpoints
import Logging

/// Runs a relay until it is told to end.
func serve(_ launch: RelayLaunch) async throws {
    let banner = Banner(
        launch.spec,
        listen: launch.listen,
        key: launch.key,
        machine: LocalAddresses.reachable()
    )
    print(banner.text, terminator: "")
}
