import Contract

/// How the packets of sources come; absent where the protocol loses none.
extension PrometheusText {
    private func linkFamily(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, LinkTrack, [(String, String)]) -> Void
    ) -> MetricFamily {
        self.streamFamily(name, kind, help) { family, stream, labels in
            for track in stream.source?.link?.tracks ?? [] {
                add(&family, track, labels + [("track", "\(track.kind.rawValue)\(track.index)")])
            }
        }
    }

    var linkFamilies: [MetricFamily] {
        [
            self.linkFamily("link_packets_total", .counter, "Packets of the source on air that came.") {
                $0.add($1.packets, $2)
            },
            self.linkFamily("link_lost_packets_total", .counter, "Packets of the source on air that never came.") {
                $0.add($1.lost, $2)
            },
            self.linkFamily("link_reordered_packets_total", .counter, "Packets that came after a later one.") {
                $0.add($1.reordered, $2)
            },
            self.linkFamily("link_duplicate_packets_total", .counter, "Packets that came twice.") {
                $0.add($1.duplicates, $2)
            },
            self.linkFamily("link_jitter_seconds", .gauge, "Mean deviation of the time between packets.") {
                $0.add($1.jitter.inSeconds, $2)
            },
            self.linkFamily("link_holding", .gauge, "1 while the picture is held after a loss.") {
                $0.add($1.isHolding ? 1 : 0, $2)
            },
            self.streamFamily(
                "link_foreign_packets_total",
                .counter,
                "Packets from others than the one that is listened to."
            ) {
                if let link = $1.source?.link { $0.add(link.foreign, $2) }
            },
            self.streamFamily("link_malformed_packets_total", .counter, "Packets that could not be read.") {
                if let link = $1.source?.link { $0.add(link.malformed, $2) }
            },
            self.streamFamily("link_round_trip_seconds", .gauge, "There and back between source and relay.") {
                if let time = $1.source?.link?.roundTrip { $0.add(time.inSeconds, $2) }
            },
            self.streamFamily(
                "link_retransmitted_packets_total",
                .counter,
                "Packets that came because they were asked for again."
            ) {
                if let count = $1.source?.link?.retransmitted { $0.add(count, $2) }
            },
        ]
    }
}
