package import Contract

/// The answer of `/metrics`. Names and labels never change; new ones may come.
package struct PrometheusText: Sendable {
    private let relays: [(snapshot: RelaySnapshot, verdicts: [StreamPath: Verdict])]

    /// The streams of relays that have told nothing yet, or nothing any more.
    private let unserved: [StreamPath: Verdict]
    private let destinations: DestinationMetrics
    private let host: HostMetrics?
    private let configuration: ConfigurationMetrics?

    /// `host` is nil where a relay answers for itself; `configuration` is what one says that reads its own.
    package init(
        _ relays: [(snapshot: RelaySnapshot, verdicts: [StreamPath: Verdict])],
        unserved: [StreamPath: Verdict] = [:],
        destinations: [(relay: RelayName, destinations: [DestinationVerdict])] = [],
        host: HostMetrics? = nil,
        configuration: ConfigurationMetrics? = nil
    ) {
        self.relays = relays
        self.unserved = unserved
        self.destinations = DestinationMetrics(relays: destinations)
        self.host = host
        self.configuration = configuration
    }

    package func text(as form: MetricsForm = .prometheus) -> String {
        var text = ""
        for family in self.families { family.write(to: &text, as: form) }
        return form == .openMetrics ? text + "# EOF\n" : text
    }

    /// A row for each metric there can be, whether there is anything to say by it now or not, as `configs/metrics.md` has it.
    package var rows: [String] {
        self.families.map { "| `\($0.name)` | \($0.kind.rawValue) | \($0.unit) | \($0.help) |" }
    }

    private var families: [MetricFamily] {
        self.build + self.relayFamilies + self.streamFamilies + self.trackFamilies + self.inspectionFamilies
            + self.linkFamilies + self.viewerFamilies + self.destinations.families + (self.host?.families ?? [])
            + (self.configuration?.families ?? [])
    }

    private var build: [MetricFamily] {
        var family = MetricFamily("build_info", .gauge, "Always 1; says which build is running.")
        family.add(1, [("version", BuildInfo.version)])
        return [family]
    }

    private func family(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, RelaySnapshot, [(String, String)]) -> Void
    ) -> MetricFamily {
        var family = MetricFamily(name, kind, help)
        for (relay, _) in self.relays { add(&family, relay, [("relay", relay.relay.rawValue)]) }
        return family
    }

    private var relayFamilies: [MetricFamily] {
        [
            self.family("start_time_seconds", .gauge, "When the relay's process started, Unix time.") {
                $0.add(Double($1.clock.unix(of: $1.startedAt)) / 1_000_000, $2)
            },
            self.family("draining", .gauge, "1 while the relay is ending and takes no new connections.") {
                $0.add($1.isDraining ? 1 : 0, $2)
            },
            self.family("connections", .gauge, "Open connections, of viewers, publishers and the undecided.") {
                $0.add($1.connections, $2)
            },
            self.family("connections_refused_total", .counter, "Connections closed because their places were wanted.") {
                $0.add($1.refusedConnections, $2)
            },
            self.family("undecided_connections", .gauge, "Connections that neither publish nor play yet, by protocol.")
            {
                for stage in Handover.Stage.allCases {
                    $0.add($1.admission.undecided[stage] ?? 0, $2 + [("protocol", stage.rawValue)])
                }
            },
            self.family(
                "closed_connections_total",
                .counter,
                "Connections closed before they published or played, by protocol and reason."
            ) {
                for (labels, count) in $1.admission.figures { $0.add(count, $2 + labels) }
            },
            self.family("listener_up", .gauge, "1 while the port of a protocol is open.") { family, relay, labels in
                for (name, isOpen) in ListenerSnapshot.openness(of: relay.listeners) {
                    family.add(isOpen ? 1 : 0, labels + [("listener", name)])
                }
            },
            self.family("loop_age_seconds", .gauge, "Time since a loop last came round.") { family, relay, labels in
                for loop in relay.loops {
                    family.add((relay.clock.now - loop.lastTick).inSeconds, labels + [("loop", loop.name)])
                }
            },
            self.family(
                "publish_refusals_total",
                .counter,
                "Publishers that were not let on air, by protocol and reason."
            ) {
                for way in RefusalProtocol.ofPublishers {
                    for reason in PublishRefusal.allCases {
                        let labels = [("protocol", way.rawValue), ("reason", reason.rawValue)]
                        $0.add($1.publishRefusals[way, reason], $2 + labels)
                    }
                }
            },
            self.family("play_refusals_total", .counter, "Viewers that were not let in, by protocol and reason.") {
                for way in RefusalProtocol.ofViewers {
                    for reason in PlayRefusal.allCases {
                        let labels = [("protocol", way.rawValue), ("reason", reason.rawValue)]
                        $0.add($1.playRefusals[way, reason], $2 + labels)
                    }
                }
            },
            self.family("process_cpu_seconds_total", .counter, "User and system time of the relay's process.") {
                if let usage = $1.usage { $0.add(usage.cpu.inSeconds, $2) }
            },
            self.family("process_resident_memory_bytes", .gauge, "Memory the relay's process has in RAM.") {
                if let usage = $1.usage { $0.add(usage.residentMemory, $2) }
            },
            self.family("process_open_descriptors", .gauge, "Descriptors the relay's process has open.") {
                if let usage = $1.usage { $0.add(usage.openDescriptors, $2) }
            },
        ]
    }

    func streamFamily(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, StreamSnapshot, [(String, String)]) -> Void
    ) -> MetricFamily {
        self.family(name, kind, help) { family, relay, labels in
            for stream in relay.streams.sorted(by: { $0.path < $1.path }) {
                add(&family, stream, labels + [("stream", stream.path.stream.rawValue)])
            }
        }
    }

    private func counter(_ name: String, _ help: String, _ counter: KeyPath<StreamCounters, UInt64>) -> MetricFamily {
        self.streamFamily(name, .counter, help) { $0.add($1.counters[keyPath: counter], $2) }
    }

    private var streamFamilies: [MetricFamily] {
        [
            self.states, self.faults,
            self.streamFamily(
                "stream_delay_seconds",
                .histogram,
                "Time from when media was read until the viewers of a format had been given it, by round of sending."
            ) { $0.add($1.delays, $2) },
            self.streamFamily("stream_source_up", .gauge, "1 while a source is on air.") {
                $0.add($1.source == nil ? 0 : 1, $2)
            },
            self.streamFamily("stream_source_info", .gauge, "Always 1; says how the source on air publishes.") {
                if let source = $1.source { $0.add(1, $2 + [("protocol", source.protocol.rawValue)]) }
            },
            self.lastHeard,
            self.counter("stream_received_bytes_total", "Bytes of media received.", \.bytesIn),
            self.counter("stream_received_packets_total", "Access units received.", \.packetsIn),
            self.counter(
                "stream_dropped_packets_total",
                "Access units received that could not be used.",
                \.packetsDropped
            ),
            self.counter(
                "stream_discontinuities_total",
                "Breaks that players were told of.",
                \.discontinuities
            ),
            self.counter("stream_reconnects_total", "Sources that came after one had been lost.", \.reconnects),
            self.counter("stream_takeovers_total", "Sources that replaced another on air.", \.takeovers),
            self.counter(
                "stream_timestamp_regressions_total",
                "Access units whose timestamp went backwards at the source.",
                \.timestampRegressions
            ),
            self.counter(
                "stream_track_steps_total",
                "Times that sound and picture moved against each other by their timestamps.",
                \.trackSteps
            ),
            self.counter(
                "stream_link_packets_total",
                "Packets of the network received, where some can be lost on the way.",
                \.linkPackets
            ),
            self.counter("stream_link_lost_packets_total", "Packets of the network that never came.", \.linkLost),
            self.counter("stream_link_held_total", "Access units held back after a loss.", \.linkHeld),
        ]
    }

    private var states: MetricFamily {
        var family = MetricFamily("stream_state", .gauge, "1 for the state the stream is in, 0 for the others.")
        for (labels, verdict) in self.verdicts {
            for state in StreamState.allCases {
                family.add(verdict.state == state ? 1 : 0, labels + [("state", state.rawValue)])
            }
        }
        return family
    }

    private var faults: MetricFamily {
        var family = MetricFamily(
            "stream_fault",
            .gauge,
            "1 for each thing that is wrong with the stream, 0 for others."
        )
        for (labels, verdict) in self.verdicts {
            for fault in StreamFault.allCases {
                family.add(verdict.faults.contains(fault) ? 1 : 0, labels + [("fault", fault.rawValue)])
            }
        }
        return family
    }

    /// Of every stream, with its labels.
    private var verdicts: [(labels: [(String, String)], verdict: Verdict)] {
        let all = self.relays.flatMap { Array($0.verdicts) } + Array(self.unserved)
        return all.sorted { $0.key < $1.key }.map { path, verdict in
            ([("relay", path.relay.rawValue), ("stream", path.stream.rawValue)], verdict)
        }
    }

    private var lastHeard: MetricFamily {
        self.family("stream_last_received_timestamp_seconds", .gauge, "When media last arrived, Unix time.") {
            family,
            relay,
            labels in
            for stream in relay.streams.sorted(by: { $0.path < $1.path }) {
                guard let heard = stream.source?.heard ?? stream.loss?.source.heard else { continue }
                family.add(
                    Double(relay.clock.unix(of: heard)) / 1_000_000,
                    labels + [("stream", stream.path.stream.rawValue)]
                )
            }
        }
    }

    private func trackFamily(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, TrackSnapshot, [(String, String)]) -> Void
    ) -> MetricFamily {
        self.streamFamily(name, kind, help) { family, stream, labels in
            for track in stream.tracks {
                add(&family, track, labels + [("track", "\(track.kind.rawValue)\(track.index)")])
            }
        }
    }

    private var trackFamilies: [MetricFamily] {
        [
            self.trackFamily("track_info", .gauge, "Always 1; says how the track is coded.") {
                $0.add(
                    1,
                    $2 + [
                        ("codec", $1.codec), ("codec_string", $1.codecString ?? ""), ("width", "\($1.width)"),
                        ("height", "\($1.height)"), ("sample_rate", "\($1.sampleRate)"), ("channels", "\($1.channels)"),
                    ]
                )
            },
            self.trackFamily("track_bytes_per_second", .gauge, "Bytes a second over the last seconds.") {
                $0.add($1.bitrate / 8, $2)
            },
            self.trackFamily("track_frames_per_second", .gauge, "Access units a second over the last seconds.") {
                $0.add($1.frameRate, $2)
            },
            self.trackFamily("track_keyframe_interval_seconds", .gauge, "Time between the last two keyframes.") {
                if let interval = $1.keyframeInterval { $0.add(interval.inSeconds, $2) }
            },
            self.trackFamily("track_received_packets_total", .counter, "Access units received.") {
                $0.add($1.packets, $2)
            },
            self.trackFamily("track_received_bytes_total", .counter, "Bytes of media received.") {
                $0.add($1.bytes, $2)
            },
        ]
    }

    private func viewerFamily(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ value: (OutputSnapshot) -> UInt64
    ) -> MetricFamily {
        self.streamFamily(name, kind, help) { family, stream, labels in
            for viewerProtocol in ViewerProtocol.allCases {
                guard let output = stream.outputs[viewerProtocol] else { continue }
                family.add(value(output), labels + [("protocol", viewerProtocol.rawValue)])
            }
        }
    }

    private var firstPictures: MetricFamily {
        self.streamFamily(
            "viewer_first_picture_seconds",
            .histogram,
            "Time from a viewer's being let in to its first picture, but for those that came before a source."
        ) { family, stream, labels in
            for viewerProtocol in ViewerProtocol.allCases {
                guard let output = stream.outputs[viewerProtocol] else { continue }
                family.add(output.firstPictures, labels + [("protocol", viewerProtocol.rawValue)])
            }
        }
    }

    private var viewerFamilies: [MetricFamily] {
        [
            self.firstPictures,
            self.viewerFamily("viewers", .gauge, "Viewers now.") { UInt64(max(0, $0.viewers)) },
            self.viewerFamily("viewer_joins_total", .counter, "Viewers that ever joined.", \.joins),
            self.viewerFamily(
                "viewer_skips_total",
                .counter,
                "Times a slow viewer was moved forward to a keyframe.",
                \.skips
            ),
            self.viewerFamily(
                "viewer_stalls_total",
                .counter,
                "Viewers dropped because they took nothing for too long.",
                \.stalls
            ),
            self.viewerFamily("viewer_sent_bytes_total", .counter, "Bytes sent to viewers.", \.bytes),
            self.viewerFamily("muxers", .gauge, "1 while a wire format is being made for somebody.") {
                $0.isMuxing ? 1 : 0
            },
        ]
    }
}
