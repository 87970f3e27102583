package import Contract

/// A host with a relay on air, one that is being restarted, and one nobody has published to.
package enum Scene {
    package static let now = Instant(microseconds: 100_000_000)
    package static let clock = ClockReading(now: now, unix: 1_800_000_000_000_000)

    package static func second(_ second: Int64) -> Instant { Instant(microseconds: second * 1_000_000) }

    package static func host() throws -> HostSnapshot {
        var door = DoorSnapshot()
        door.undecided = 2
        door.waiting = [try RelayName("restarting"): 1]
        door.handedOver = [.rtmp: 40, .http: 1]
        door.refusals = [.slow: 2, .unknownRelay: 5]
        // Thirty days from now.
        door.certificateExpires = 1_802_592_000
        return HostSnapshot(
            version: "9.9.9",
            processID: 4242,
            clock: self.clock,
            startedAt: self.second(1),
            isolation: .runc,
            listeners: [
                ListenerSnapshot(name: "rtmp", address: try ListenAddress("0.0.0.0:1936")),
                ListenerSnapshot(name: "http", address: try ListenAddress("0.0.0.0:8080")),
            ],
            loops: [LoopSnapshot(name: "console", lastTick: self.now)],
            door: door,
            relays: [try self.live(), try self.quiet(), try self.restarting()],
            usage: UsageSnapshot(cpu: .milliseconds(2500), residentMemory: 30 << 20, openDescriptors: 61),
            configuration: ConfigurationStatus(appliedAt: self.second(1), reloads: 2, refusedReloads: 1)
        )
    }

    package static func live() throws -> RelayStatus {
        let name = try RelayName("live")
        var main = StreamSnapshot(path: try StreamPath("live/main"), createdAt: self.second(10))
        main.source = self.source()
        main.loss = SourceLoss(at: self.second(8), cause: .disconnected, source: self.source())
        main.refusal = SourceRefusal(at: self.second(5), reason: .wrongKey, address: "10.0.0.9:4000")
        main.tracks = [
            TrackSnapshot(
                kind: .video,
                codec: "h264",
                codecString: "avc1.64001f",
                width: 1280,
                height: 720,
                bitrate: 2_500_000,
                frameRate: 30,
                keyframeInterval: .seconds(2),
                lastPacketAt: self.now,
                lastKeyframeAt: self.second(99),
                packets: 2700,
                bytes: 28_000_000
            ),
            TrackSnapshot(
                kind: .audio,
                codec: "aac",
                codecString: "mp4a.40.2",
                sampleRate: 48000,
                channels: 2,
                bitrate: 128_000,
                frameRate: 46.9,
                lastPacketAt: self.now,
                packets: 4000,
                bytes: 1_400_000
            ),
        ]
        main.outputs = [
            .rtmp: OutputSnapshot(viewers: 3, isMuxing: true, joins: 5, bytes: 9_000_000, skips: 1),
            .hlsTS: OutputSnapshot(viewers: 4, isMuxing: true, joins: 6, bytes: 1000),
        ]
        main.counters.bytesIn = 29_400_000
        var live = RelayStatus(
            name: name,
            state: .ready,
            since: self.second(4),
            instance: InstanceStatus(
                id: "transponder-live-00000002",
                processID: 777,
                startedAt: self.second(3),
                startTime: .milliseconds(140)
            ),
            endings: [.signal: 2, .heartbeat: 1],
            lastEnding: EndingStatus(at: self.second(3), cause: .signal, sentence: "killed by signal 9"),
            deferred: ["limits.memory: the instance keeps 256 MiB."],
            snapshot: RelaySnapshot(
                relay: name,
                clock: self.clock,
                startedAt: self.second(3),
                loops: [LoopSnapshot(name: "fanout-0", lastTick: self.now)],
                streams: [main],
                destinations: [
                    DestinationSnapshot(
                        stream: main.path.stream,
                        name: try DestinationName("box"),
                        address: "srt://10.0.0.9:9000",
                        sendingSince: self.second(10),
                        bytes: 9_000_000
                    )
                ],
                connections: 9,
                publishRefusals: RefusalCounts([.rtmp: [.wrongKey: 1]]),
                usage: UsageSnapshot(cpu: .seconds(3), residentMemory: 20 << 20, openDescriptors: 33)
            ),
            streams: nil
        )
        live.throttled = .milliseconds(250)
        live.venues = [
            VenueStatus(
                name: try VenueName("kyoto"),
                state: .amber,
                since: self.second(90),
                reason: .late,
                sentence: "kyoto is 4.2 s behind.",
                japanese: "kyotoの映像が4.2秒遅れています。",
                reportedAt: self.second(99),
                latency: .milliseconds(4200),
                buffer: .milliseconds(1500),
                arriving: 2_400_000,
                resolution: "1280x720",
                stalls: 3,
                droppedFrames: 7,
                reports: 40
            ),
            VenueStatus(
                name: try VenueName("lima"),
                state: .unseen,
                since: self.second(4),
                reason: .unseen,
                sentence: "lima has not been seen yet: nobody has opened its link.",
                japanese: "limaはまだ接続していません。リンクが開かれていません。"
            ),
        ]
        return live
    }

    package static func source() -> SourceSnapshot {
        SourceSnapshot(
            protocol: .rtmp,
            address: "10.0.0.3:50123",
            encoder: "obs-output module (libobs version 30.2.3)",
            connectedAt: self.second(10),
            lastHeard: self.now
        )
    }

    package static func quiet() throws -> RelayStatus {
        let name = try RelayName("quiet")
        return RelayStatus(
            name: name,
            state: .ready,
            since: self.second(4),
            instance: InstanceStatus(id: "transponder-quiet-00000001", processID: 778, startedAt: self.second(3)),
            snapshot: RelaySnapshot(relay: name, clock: self.clock, startedAt: self.second(3)),
            play: .venues,
            streams: [try StreamName("main"), try StreamName("slides")]
        )
    }

    package static func restarting() throws -> RelayStatus {
        RelayStatus(
            name: try RelayName("restarting"),
            state: .starting,
            since: self.second(98),
            endings: [.outOfMemory: 1],
            lastEnding: EndingStatus(
                at: self.second(98),
                cause: .outOfMemory,
                sentence: "it went over its memory limit"
            )
        )
    }

    package static func viewers() throws -> [ViewerSnapshot] {
        [
            ViewerSnapshot(
                number: 7,
                stream: try StreamName("main"),
                protocol: .rtmp,
                address: "10.0.0.20:3000",
                venue: try VenueName("kyoto"),
                since: self.second(50),
                bytes: 1234,
                skips: 0
            ),
            ViewerSnapshot(
                number: 8,
                stream: try StreamName("slides"),
                protocol: .flv,
                address: "10.0.0.21:3000",
                venue: nil,
                since: self.second(60),
                bytes: 99,
                skips: 2
            ),
        ]
    }
}
