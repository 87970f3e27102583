import Contract
import Foundation
import Health
import Testing

@Suite struct PrometheusTextTests {
    static func snapshot() throws -> RelaySnapshot {
        var stream = try StreamSnapshot(path: StreamPath("live/main"), createdAt: Instant(microseconds: 0))
        stream.source = SourceSnapshot(
            protocol: .rtmp,
            address: "10.0.0.3:50123",
            encoder: "obs \"30\"",
            connectedAt: Instant(microseconds: 2_000_000),
            lastHeard: Instant(microseconds: 9_900_000)
        )
        stream.tracks = [
            TrackSnapshot(
                kind: .video,
                codec: "h264",
                codecString: "avc1.64001f",
                width: 1280,
                height: 720,
                bitrate: 2_500_000,
                frameRate: 25,
                keyframeInterval: .seconds(2),
                packets: 250,
                bytes: 3_000_000
            ),
            TrackSnapshot(
                kind: .audio,
                codec: "aac",
                codecString: "mp4a.40.2",
                sampleRate: 48000,
                channels: 2,
                bitrate: 128_000,
                frameRate: 46.875,
                packets: 468,
                bytes: 160_000
            ),
        ]
        stream.outputs = [
            .rtmp: OutputSnapshot(viewers: 3, isMuxing: true, joins: 5, bytes: 9_000_000, skips: 1, stalls: 2),
            .hlsTS: OutputSnapshot(viewers: 0, isMuxing: false, joins: 1, bytes: 1000),
        ]
        let now = Instant(microseconds: 10_000_000)
        stream.formats = [
            FormatSnapshot(
                format: "ts",
                noun: "MPEG-TS",
                absence: FormatAbsence(.noMemory, first: now, last: now, memory: 64 << 20),
                playlist: PlaylistSnapshot(askedAt: now, target: .seconds(2), first: now, last: now),
                shortage: TapeShortage(kept: .seconds(30), wanted: .seconds(30), isMemoryFull: false, limit: 1 << 20)
            )
        ]
        for delay: Duration in [.milliseconds(3), .milliseconds(20), .seconds(2)] { stream.delays.add(delay) }
        stream.outputs[.rtmp]?.firstPictures.add(.milliseconds(120))
        stream.counters.bytesIn = 3_160_000
        stream.counters.packetsIn = 718
        stream.counters.packetsDropped = 4
        stream.counters.discontinuities = 2
        stream.counters.reconnects = 1
        stream.counters.takeovers = 1
        stream.counters.timestampRegressions = 7
        stream.counters.trackSteps = 2
        return try RelaySnapshot(
            relay: RelayName("live"),
            clock: ClockReading(now: Instant(microseconds: 10_000_000), unix: 1_700_000_010_000_000),
            startedAt: Instant(microseconds: 0),
            listeners: [
                ListenerSnapshot(name: "rtmp", address: ListenAddress("1935")),
                ListenerSnapshot(name: "http", address: nil),
            ],
            loops: [LoopSnapshot(name: "odd\\\"\n", lastTick: Instant(microseconds: 9_500_000))],
            streams: [stream],
            connections: 9,
            publishRefusals: RefusalCounts([.srt: [.wrongKey: 6]]),
            playRefusals: RefusalCounts([.http: [.tooMany: 2]]),
            usage: UsageSnapshot(cpu: .milliseconds(1500), residentMemory: 20_000_000, openDescriptors: 42)
        )
    }

    private func text() throws -> String {
        let snapshot = try Self.snapshot()
        var health = StreamHealth(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2)))
        let verdicts = snapshot.streams.map { ($0.path, health.judge($0, at: snapshot.clock.now)) }
        return PrometheusText([(snapshot, Dictionary(uniqueKeysWithValues: verdicts))]).text()
    }

    /// Dashboards and alerts are built on these: a line may be added, never changed or taken away.
    @Test func namesNeverChange() throws {
        let lines = try self.text().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.dropFirst(7) }
        #expect(
            lines == [
                "transponder_build_info gauge",
                "transponder_start_time_seconds gauge",
                "transponder_draining gauge",
                "transponder_connections gauge",
                "transponder_connections_refused_total counter", "transponder_undecided_connections gauge",
                "transponder_closed_connections_total counter",
                "transponder_listener_up gauge",
                "transponder_loop_age_seconds gauge",
                "transponder_publish_refusals_total counter",
                "transponder_play_refusals_total counter",
                "transponder_process_cpu_seconds_total counter",
                "transponder_process_resident_memory_bytes gauge",
                "transponder_process_open_descriptors gauge",
                "transponder_stream_state gauge",
                "transponder_stream_fault gauge",
                "transponder_stream_delay_seconds histogram",
                "transponder_stream_source_up gauge",
                "transponder_stream_source_info gauge",
                "transponder_stream_last_received_timestamp_seconds gauge",
                "transponder_stream_received_bytes_total counter",
                "transponder_stream_received_packets_total counter",
                "transponder_stream_dropped_packets_total counter",
                "transponder_stream_discontinuities_total counter",
                "transponder_stream_reconnects_total counter",
                "transponder_stream_takeovers_total counter",
                "transponder_stream_timestamp_regressions_total counter",
                "transponder_stream_track_steps_total counter",
                "transponder_stream_link_packets_total counter",
                "transponder_stream_link_lost_packets_total counter",
                "transponder_stream_link_held_total counter",
                "transponder_track_info gauge",
                "transponder_track_bytes_per_second gauge",
                "transponder_track_frames_per_second gauge",
                "transponder_track_keyframe_interval_seconds gauge",
                "transponder_track_received_packets_total counter",
                "transponder_track_received_bytes_total counter",
                "transponder_viewer_first_picture_seconds histogram",
                "transponder_viewers gauge",
                "transponder_viewer_joins_total counter",
                "transponder_viewer_skips_total counter",
                "transponder_viewer_stalls_total counter",
                "transponder_viewer_sent_bytes_total counter",
                "transponder_muxers gauge",
            ]
        )
    }

    @Test(arguments: [
        #"transponder_build_info{version="\#(BuildInfo.version)"} 1"#,
        #"transponder_start_time_seconds{relay="live"} 1700000000.0"#,
        #"transponder_draining{relay="live"} 0"#,
        #"transponder_connections{relay="live"} 9"#,
        #"transponder_listener_up{relay="live",listener="rtmp"} 1"#,
        #"transponder_listener_up{relay="live",listener="http"} 0"#,
        #"transponder_loop_age_seconds{relay="live",loop="odd\\\"\n"} 0.5"#,
        #"transponder_publish_refusals_total{relay="live",protocol="srt",reason="wrong_key"} 6"#,
        #"transponder_publish_refusals_total{relay="live",protocol="rtmp",reason="no_key"} 0"#,
        #"transponder_play_refusals_total{relay="live",protocol="http",reason="too_many"} 2"#,
        #"transponder_process_cpu_seconds_total{relay="live"} 1.5"#,
        #"transponder_process_resident_memory_bytes{relay="live"} 20000000"#,
        #"transponder_process_open_descriptors{relay="live"} 42"#,
        #"transponder_stream_state{relay="live",stream="main",state="waiting"} 0"#,
        #"transponder_stream_state{relay="live",stream="main",state="live"} 1"#,
        #"transponder_stream_delay_seconds_bucket{relay="live",stream="main",le="0.0025"} 0"#,
        #"transponder_stream_delay_seconds_bucket{relay="live",stream="main",le="0.005"} 1"#,
        #"transponder_stream_delay_seconds_bucket{relay="live",stream="main",le="1.0"} 2"#,
        #"transponder_stream_delay_seconds_bucket{relay="live",stream="main",le="+Inf"} 3"#,
        #"transponder_stream_delay_seconds_sum{relay="live",stream="main"} 2.023"#,
        #"transponder_stream_delay_seconds_count{relay="live",stream="main"} 3"#,
        #"transponder_viewer_first_picture_seconds_bucket{relay="live",stream="main",protocol="rtmp",le="0.25"} 1"#,
        #"transponder_stream_source_up{relay="live",stream="main"} 1"#,
        #"transponder_stream_source_info{relay="live",stream="main",protocol="rtmp"} 1"#,
        #"transponder_stream_last_received_timestamp_seconds{relay="live",stream="main"} 1700000009.9"#,
        #"transponder_stream_received_bytes_total{relay="live",stream="main"} 3160000"#,
        #"transponder_stream_received_packets_total{relay="live",stream="main"} 718"#,
        #"transponder_stream_dropped_packets_total{relay="live",stream="main"} 4"#,
        #"transponder_stream_discontinuities_total{relay="live",stream="main"} 2"#,
        #"transponder_stream_reconnects_total{relay="live",stream="main"} 1"#,
        #"transponder_stream_takeovers_total{relay="live",stream="main"} 1"#,
        #"transponder_stream_timestamp_regressions_total{relay="live",stream="main"} 7"#,
        #"transponder_stream_track_steps_total{relay="live",stream="main"} 2"#,
        #"transponder_track_info{relay="live",stream="main",track="video0",codec="h264",codec_string="avc1.64001f","#
            + #"width="1280",height="720",sample_rate="0",channels="0"} 1"#,
        #"transponder_track_bytes_per_second{relay="live",stream="main",track="video0"} 312500.0"#,
        #"transponder_track_frames_per_second{relay="live",stream="main",track="audio0"} 46.875"#,
        #"transponder_track_keyframe_interval_seconds{relay="live",stream="main",track="video0"} 2.0"#,
        #"transponder_track_received_packets_total{relay="live",stream="main",track="audio0"} 468"#,
        #"transponder_track_received_bytes_total{relay="live",stream="main",track="video0"} 3000000"#,
        #"transponder_viewers{relay="live",stream="main",protocol="rtmp"} 3"#,
        #"transponder_viewer_joins_total{relay="live",stream="main",protocol="hls_ts"} 1"#,
        #"transponder_viewer_skips_total{relay="live",stream="main",protocol="rtmp"} 1"#,
        #"transponder_viewer_stalls_total{relay="live",stream="main",protocol="rtmp"} 2"#,
        #"transponder_viewer_sent_bytes_total{relay="live",stream="main",protocol="rtmp"} 9000000"#,
        #"transponder_muxers{relay="live",stream="main",protocol="rtmp"} 1"#,
    ])
    func samplesAreWhereTheyWere(_ line: String) throws {
        #expect(try self.text().split(separator: "\n").map(String.init).contains(line))
    }

    @Test func rawValuesAreLabelsAndNeverChange() {
        #expect(
            PublishRefusal.allCases.map(\.rawValue) == [
                "no_key", "wrong_key", "busy", "unknown_stream", "declared_source", "unknown_relay", "bad_name",
                "too_many", "no_memory", "unsupported", "malformed",
            ]
        )
        #expect(
            PlayRefusal.allCases.map(\.rawValue) == [
                "no_token", "wrong_token", "unknown_stream", "unknown_relay", "bad_name", "too_many", "no_memory",
                "unsupported", "malformed",
            ]
        )
        #expect(
            ViewerProtocol.allCases.map(\.rawValue) == [
                "rtmp", "flv", "ts", "mp4", "hls", "hls_ts", "rtsp", "rtp", "srt", "udp",
            ]
        )
        #expect(SourceProtocol.allCases.map(\.rawValue) == ["rtmp", "rtsp", "rtp", "srt"])
        #expect(
            StreamState.allCases.map(\.rawValue) == ["waiting", "starting", "live", "degraded", "slate", "stale"]
        )
        #expect(
            StreamFault.allCases.map(\.rawValue) == [
                "video_stopped", "audio_stopped", "black", "silent", "frozen", "flat", "contended", "unstable",
                "relay_overloaded", "packets_lost", "frame_rate_fell",
                "bitrate_fell", "bitrate_low", "bitrate_high", "frame_rate_low", "frame_rate_high", "size_unexpected",
                "input_slow", "input_fast", "track_missing", "playlist_stopped", "keyframes_rare", "tracks_stepped",
                "drifting",
                "channel_missing", "clipping", "sound_low", "timestamps_jump",
                "media_left_out",
                "packets_dropped", "push_failed", "format_unavailable", "viewers_slow", "publisher_refused",
                "interleave_gap", "profile_unusual", "reordering_deep",
                "format_changed",
                "tape_short", "text_illegible", "unchecked",
            ]
        )
    }

    /// What is written of the metrics is what there is.
    @Test func theListOfMetricsAgrees() throws {
        let top = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
        let list = try String(contentsOf: top.appending(path: "configs/metrics.md"), encoding: .utf8)
        let written = list.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
        let clock = try Self.snapshot().clock
        let text = try PrometheusText(
            [(Self.snapshot(), [:])],
            configuration: ConfigurationMetrics(ConfigurationStatus(appliedAt: clock.now), clock: clock)
        )
        let host = /transponder_(host|door|relay|api|certificate|venue|history|alerts?)_/
        #expect(Set(text.rows) == Set(written.filter { $0.firstMatch(of: host) == nil }))
        #expect(Set(written).count == written.count)
    }

    /// Each family once, its lines together, and no address of an encoder anywhere.
    @Test func shape() throws {
        let second = try RelaySnapshot(
            relay: RelayName("other"),
            clock: Self.snapshot().clock,
            startedAt: Instant(microseconds: 0)
        )
        let text = try PrometheusText([(Self.snapshot(), [:]), (second, [:])]).text()
        let lines = text.split(separator: "\n").map(String.init)
        #expect(text.hasSuffix("\n"))
        #expect(!text.contains("10.0.0.3"))
        var seen: Set<String> = []
        var current = ""
        for line in lines {
            if line.hasPrefix("# HELP ") {
                current = String(line.dropFirst(7).prefix { $0 != " " })
                #expect(seen.insert(current).inserted)
            } else if !line.hasPrefix("#") {
                let name = line.prefix { $0 != " " && $0 != "{" }
                #expect(name == current || ["_bucket", "_sum", "_count"].contains { name == current + $0 })
            }
        }
        #expect(Set(lines).count == lines.count)
    }
}
