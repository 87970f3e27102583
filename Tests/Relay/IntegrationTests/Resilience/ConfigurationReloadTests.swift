import Foundation
import Glibc
import StreamToolkit
import Testing
import Toolkit

/// A relay that runs by itself, as in a pod, reads its file again when it has changed.
@Suite(.timeLimit(.minutes(1))) struct ConfigurationReloadTests {
    /// Puts another file in the place of the one that is read, as Kubernetes does with a changed ConfigMap.
    private static func put(_ text: String, for relay: RelayProcess) throws {
        let name = "transponder-\(UInt32.random(in: 0 ... .max)).yaml"
        let path = try relay.scratch.write(text.utf8, to: name)
        let file = relay.scratch.file("transponder.yaml")
        let link = relay.scratch.file(name + ".link")
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: path)
        #expect(unsafe rename(link.path, file.path) == 0)
    }

    @Test func theMetricsSayWhetherTheNewestWasTaken() async throws {
        let relay = try await RelayProcess.start()
        let state = relay.scratch.file("state").path
        func metrics(_ lines: String...) async throws {
            _ = try await HTTP.get(relay.page("metrics")) { answer in
                let all = Set(answer.text.split(separator: "\n").map(String.init))
                return lines.allSatisfy(all.contains)
            }
        }
        try await metrics(
            "transponder_config_last_reload_successful 1",
            "transponder_config_reloads_total{result=\"applied\"} 0"
        )
        try Self.put("relays: { live: { tikc: 10ms } }", for: relay)
        try await metrics(
            "transponder_config_last_reload_successful 0",
            "transponder_config_reloads_total{result=\"refused\"} 1"
        )
        try Self.put(relay.configuration.text(state: state), for: relay)
        try await metrics(
            "transponder_config_last_reload_successful 1",
            "transponder_config_reloads_total{result=\"applied\"} 1"
        )
    }

    @Test func aChangedFileIsTakenUpAndDisturbsNobody() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let state = relay.scratch.file("state").path
        let publisher = try await TestPublisher.onAir(relay)
        let viewer = try TestViewer.flv(relay)
        try publisher.send(material.whole(marked: 1))
        try await viewer.wait(for: 1)

        var configuration = relay.configuration
        configuration.publishKey = "another-key-of-16"
        try Self.put(configuration.text(state: state), for: relay)
        try await relay.program.line(containing: "configuration applied")
        #expect(try await TestPublisher(relay, stream: "other?key=another-key-of-16").refusal() == nil)
        #expect(
            try await TestPublisher(relay, stream: "third?key=\(relay.configuration.publishKey ?? "")").refusal() != nil
        )

        try Self.put(configuration.text(state: state) + "\nrelys: {}\n", for: relay)
        try await relay.program.line(containing: "the configuration is refused")
        #expect(relay.log.contains("relys"))
        #expect(try await TestPublisher(relay, stream: "fourth?key=another-key-of-16").refusal() == nil)

        try publisher.send(material.whole(marked: 2))
        try await viewer.wait(for: 2)
        #expect(!relay.log.contains("another-key-of-16"))
    }
}
