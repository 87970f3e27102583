import Contract
import Control
import Foundation
import Linux
import Logging
import RelayServer
import SRT

/// Runs a relay for the host that started it, which owns every listener and speaks over the descriptor.
///
/// The interrupt of a terminal goes to all its processes: the host has it too, and says in its time what it means for
/// this one.
func serveControlled(_ descriptor: Int32, _ launch: ControlledRelay.Launch) async throws -> Never {
    do throws(LinuxError) {
        try Confinement.forbidPrograms()
    } catch {
        complain("This system does not let a relay give up starting programs (\(error)): the kernel needs seccomp.")
        _exit(ExitStatus.unavailable)
    }
    var launch = launch
    launch.confine = { spec in
        // Whoever calls by SRT is answered by an address, on one socket for all.
        guard spec.srt.listen.isEmpty else { return }
        try Confinement.forbidAddresses(control: descriptor)
        SRTLibrary.sendConnected()
    }
    let ending = ShutdownSignal(of: [SIGTERM])
    let relay = try ControlledRelay(OwnedDescriptor(takingOwnership: descriptor), launch)
    Task {
        await ending.received()
        relay.drain(sentence: "The relay is shutting down.")
    }
    switch await relay.ended() {
    case .drained:
        launch.log.notice("ended")
        _exit(0)
    case .lost(let error):
        complain("The host's control channel has ended: \(error).")
        _exit(error == .closedByPeer ? ExitStatus.unavailable : ExitStatus.wrongProtocol)
    case .failed(let sentence):
        complain(sentence)
        _exit(ExitStatus.wrongProtocol)
    }
}

extension ControlledRelay.Launch {
    /// As many threads as the container may use cores, and no more than there are.
    static func threads(_ spec: RelaySpec) -> Int {
        let allowed = Int(spec.limits.cpu.rounded(.up))
        return max(min(allowed, ProcessInfo.processInfo.activeProcessorCount), 1)
    }
}
