import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Operator
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

                RELAY/STREAM   STATE     SINCE   SOURCE                                          VIEWERS  BITRATE     RESTARTS
                live           ready     1m 36s                                                  7        2.6 Mbit/s  3
                    The last instance ended 1m 37s ago: killed by signal 9
                    After transponder replace live: limits.memory: the instance keeps 256 MiB.
                  main         live      1m 30s  rtmp 10.0.0.3:50123 (obs-output module (libo…)  7        2.6 Mbit/s
                    Live: 1280×720 at 30 pictures a second, with sound, 2.6 Mbit/s.
                  venue kyoto  amber     10s     -                                                        2.4 Mbit/s
                    kyoto is 4.2 s behind.
                  venue lima   unseen    1m 36s  -                                                        -
                    lima has not been seen yet: nobody has opened its link.
                quiet          ready     1m 36s                                                  0        -           0
                  main         waiting   1m 37s  -                                               0        -
                    Nobody is publishing to quiet/main yet. In OBS use the server rtmp://HOST:1936/quiet and the stream key main?key=KEY, with this machine's address and the publish key.
                  slides       waiting   1m 37s  -                                               0        -
                    Nobody is publishing to quiet/slides yet. In OBS use the server rtmp://HOST:1936/quiet and the stream key slides?key=KEY, with this machine's address and the publish key.
                restarting     starting  2s                                                      0        -           1
                    The relay 'restarting' is being restarted. The last instance ended 2 s ago: it went over its memory limit.
                """,
            "\(table)"
        )
    }

    @Test func aRelayThatServesAndIsNotWellSaysWhy() async throws {
        let silent = try await self.table { $0.relays[0].heardAt = Scene.second(96) }
        #expect(silent.contains("\n    The relay 'live' has not reported for 4 s, so nobody knows"), "\(silent)")
        let starved = try await self.table { $0.relays[0].starvation = .seconds(2) }
        #expect(starved.contains("\n    The relay 'live' waits for a processor and has not"), "\(starved)")
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

    @Test func whatIsLeftOutIsShown() async throws {
        let text = try await self.table { host in
            host.relays[0].snapshot?.streams[0].omissions = [
                OmissionSnapshot(
                    format: "ts",
                    part: "audio",
                    codec: "AAC-ELD",
                    reason: "not_in_format",
                    sentence: "MPEG-TS has no place for AAC-ELD.",
                    isLasting: true,
                    first: Scene.now,
                    last: Scene.now,
                    count: 1
                ),
                OmissionSnapshot(
                    format: "rtp",
                    part: "video",
                    codec: "FLV1",
                    reason: "too_large",
                    sentence: "A picture was too large.",
                    isLasting: false,
                    first: Scene.second(1),
                    last: Scene.second(2),
                    count: 1
                ),
            ]
        }
        #expect(text.contains("2.6 Mbit/s. MPEG-TS has no place for AAC-ELD.\n"))
        #expect(text.contains("\n    Left out in rtp: A picture was too large.\n"))
    }

    @Test func aCertificateThatEndsIsShown() async throws {
        let text = try await self.table { $0.door.certificateExpires = 1_800_000_000 + 86_400 }
        #expect(text.contains("\nThe TLS certificate expires in 24 h: renew it."))
    }

    /// The heading stays in sight however much there is.
    @Test func aWindowKeepsItsHeading() async throws {
        let text = try await self.table()
        let shown = StatusTable.fitted(text, rows: 9, columns: 40).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(shown.count == 9)
        #expect(shown.allSatisfy { $0.count <= 40 })
        #expect(shown[0] == "transponder 9.9.9, up 1m 39s, process 4…")
        #expect(shown[3].hasPrefix("RELAY/STREAM   STATE"))
        #expect(shown[8].hasPrefix("… 12 more lines"))
        #expect(StatusTable.fitted("a\nb", rows: 23, columns: 80) == "a\nb")
        #expect(StatusTable.fitted("", rows: 0, columns: 0) == "")
    }

    @Test func aReloadSaysWhatTheOneBeforeChanged() async throws {
        let desk = try Desk()
        let view = try #require(await desk.ask(.POST, "/api/v1/reload")).json(ReloadView.self)
        #expect(view.lines == ["Added: extra", "Not in effect yet: listen.rtmp waits for the next start."])
        desk.host.reloads = false
        let nothing = try #require(await desk.ask(.POST, "/api/v1/reload")).json(ReloadView.self)
        #expect(nothing.lines == ["No relay has changed: the file is in force as it is."])
        let (live, old) = (try RelayName("live"), try RelayName("old"))
        desk.host.change { host in
            host.configuration.lastChange = ConfigurationChange(
                at: Scene.second(98),
                summary: ReloadSummary(changed: [live], removed: [old])
            )
        }
        let again = try #require(await desk.ask(.POST, "/api/v1/reload")).json(ReloadView.self)
        #expect(
            again.lines == [
                "No relay has changed: the file is in force as it is. The last change was 2s ago: changed live; removed old."
            ]
        )
    }
}
