import Contract
import Foundation
import Greeting
import Linux
import Logging
import RelayServer
import Settings

/// Runs a relay until it is told to end, by SIGINT or SIGTERM; a second signal ends it at once.
func serve(_ launch: RelayLaunch) async throws {
    let ending = ShutdownSignal()
    do throws(LinuxError) {
        try Confinement.forbidPrograms()
    } catch {
        launch.logger.warning("whoever takes this process over may start programs", metadata: ["reason": "\(error)"])
    }
    let server = try RelayServer(
        RelayServer.Launch(
            spec: launch.spec,
            listen: launch.listen,
            threads: launch.threads ?? ProcessInfo.processInfo.activeProcessorCount,
            deadlines: launch.deadlines,
            log: launch.logger
        )
    )
    server.noteConfiguration()
    let listening = server.listening
    let banner = Banner(launch.spec, listen: listening, key: launch.key, machine: LocalAddresses.reachable())
    StandardStream.output.write(banner.text)
    StandardStream.output.print(readiness(listening))
    let reload = ConfigurationReload(launch, server)
    let watch = ConfigurationWatch(launch.source.file, and: launch.source.named) { Task { await reload.perform() } }
    await ending.received()
    withExtendedLifetime(watch) {}
    launch.logger.notice("draining")
    await server.drain()
    launch.logger.notice("ended")
}

/// The line that programs wait for: every listener and its real address.
private func readiness(_ listening: ListenSpec) -> String {
    "ready " + listening.words.joined(separator: " ")
}
