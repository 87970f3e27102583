import Console
import Contract
import NIOHTTP1
import Testing

@Suite struct TableTests {
    private func table(_ change: (inout HostSnapshot) -> Void = { _ in }) async throws -> String {
        let desk = try Desk()
        desk.host.change(change)
        return StatusTable(try #require(await desk.ask(.GET, "/api/v1/status")).json(HostView.self)).text()
    }

    @Test func aPersonReadsHowItGoes() async throws {
        let table = try await self.table()
        #expect(
            table == """
                transponder 9.9.9, up 1m 39s, process 4242, isolation runc, rtmp 0.0.0.0:1936, http 0.0.0.0:8080
                The relay 'restarting' is being restarted. The last instance ended 2 s ago: it went over its memory limit.

                RELAY/STREAM  STATE     SINCE   SOURCE                                          VIEWERS  BITRATE     RESTARTS
                live          ready     1m 36s                                                  7        2.6 Mbit/s  3
                    The last instance ended 1m 37s ago: killed by signal 9
                    After transponder replace live: limits.memory: the instance keeps 256 MiB.
                  main        live      1m 30s  rtmp 10.0.0.3:50123 (obs-output module (libo…)  7        2.6 Mbit/s
                    Live: 1280×720 at 30 pictures a second, with sound, 2.6 Mbit/s.
                quiet         ready     1m 36s                                                  0        -           0
                  main        waiting   1m 37s  -                                               0        -
                    Nobody is publishing to quiet/main yet. In OBS use the server rtmp://HOST:1936/quiet and the stream key main?key=KEY, with this machine's address and the publish key.
                  slides      waiting   1m 37s  -                                               0        -
                    Nobody is publishing to quiet/slides yet. In OBS use the server rtmp://HOST:1936/quiet and the stream key slides?key=KEY, with this machine's address and the publish key.
                restarting    starting  2s                                                      0        -           1
                    The relay 'restarting' is being restarted. The last instance ended 2 s ago: it went over its memory limit.
                """,
            "\(table)"
        )
    }

    @Test func refusedConfigurationsAreShown() async throws {
        let text = try await self.table { $0.configuration.problem = "file:3: no such key\nfile:4: nor this" }
        #expect(text.contains("the one before it is in force:\n    file:3: no such key\n    file:4: nor this\n"))
    }

    @Test func nothingMovesTheCursor() async throws {
        let text = try await self.table { host in
            host.relays[0].snapshot?.streams[0].source?.encoder = "\u{1b}[2J\u{9b}evil\r\n\u{202e}"
            host.relays[0].lastEnding?.sentence = "\u{7}\u{8}"
        }
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value) && scalar.value != 0x202e)
        }
    }

    @Test func anEmptyHostHasATableToo() async throws {
        let desk = try Desk(HostSnapshot(version: "1", clock: Scene.clock, startedAt: Scene.now, isolation: .none))
        let view = try #require(await desk.ask(.GET, "/api/v1/status")).json(HostView.self)
        #expect(
            StatusTable(view).text() == """
                transponder 1, up 0s, isolation none
                The host listens nowhere yet.

                RELAY/STREAM  STATE  SINCE  SOURCE  VIEWERS  BITRATE  RESTARTS
                No relay is configured.
                """
        )
    }
}
