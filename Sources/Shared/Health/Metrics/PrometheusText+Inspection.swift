import Contract

/// What is seen and heard in streams; absent where nobody looks.
extension PrometheusText {
    private func inspectionFamily(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ value: @escaping (InspectionSnapshot) -> Double?
    ) -> MetricFamily {
        self.streamFamily(name, kind, help) { family, stream, labels in
            if let value = stream.inspection.flatMap(value) { family.add(value, labels) }
        }
    }

    var inspectionFamilies: [MetricFamily] {
        [
            self.inspectionFamily(
                "stream_picture_luma",
                .gauge,
                "Mean brightness of the newest keyframe that was decoded, 0 to 255."
            ) { $0.picture?.meanLuma },
            self.inspectionFamily(
                "stream_picture_luma_deviation",
                .gauge,
                "Standard deviation of brightness in that keyframe, 0 to 255."
            ) { $0.picture?.spread },
            self.inspectionFamily(
                "stream_picture_change",
                .gauge,
                "Mean difference of brightness between the last two keyframes that were decoded, 0 to 255."
            ) { $0.picture?.change },
            self.inspectionFamily(
                "stream_pictures_decoded_total",
                .counter,
                "Keyframes of the source on air that were decoded to look at them."
            ) { $0.picture.map { Double($0.decoded) } },
            self.inspectionFamily("stream_sound_peak_dbfs", .gauge, "Peak of the loudest channel, dB of full scale.") {
                $0.sound?.peak
            },
            self.inspectionFamily("stream_sound_rms_dbfs", .gauge, "RMS of the loudest channel, dB of full scale.") {
                $0.sound?.rms
            },
            self.inspectionFamily("stream_sound_clipped_ratio", .gauge, "Share of samples at full scale, 0 to 1.") {
                $0.sound?.clipped
            },
            self.loudness,
            self.inspectionFamily(
                "stream_av_drift_ratio",
                .gauge,
                "Seconds that the timestamps of sound gain in each second on the picture's, or on the sound itself."
            ) { $0.drift },
            self.inspectionFamily(
                "stream_pace_ratio",
                .gauge,
                "Seconds of media that come in each second; 1 unless they have been too few or too many for a while."
            ) { $0.pace },
            self.inspectionFamily(
                "stream_interleave_gap_seconds",
                .gauge,
                "Seconds by which sound comes before the picture of the same time, negative where it comes after it."
            ) { $0.interleave },
            self.inspectionFamily(
                "stream_reordering_seconds",
                .gauge,
                "The longest time that pictures were sent before they are shown."
            ) { $0.reordering },
            self.inspectionFamily(
                "stream_picture_too_large",
                .gauge,
                "1 while the picture is too large for the relay's memory to be looked at."
            ) { $0.isPictureTooLarge ? 1 : 0 },
            self.inspectionFamily(
                "stream_inspection_cpu_seconds_total",
                .counter,
                "Processor time that looking into picture and sound has taken."
            ) { $0.cost.inSeconds },
            self.inspectionFamily(
                "stream_inspection_failures_total",
                .counter,
                "Access units that no decoder could make anything of."
            ) { Double($0.failures) },
        ]
    }

    private var loudness: MetricFamily {
        self.streamFamily("stream_loudness_lufs", .gauge, "Loudness by EBU R128, LUFS.") { family, stream, labels in
            guard let sound = stream.inspection?.sound else { return }
            let values = [
                ("momentary", sound.momentary), ("short_term", sound.shortTerm), ("integrated", sound.integrated),
            ]
            for (window, value) in values {
                if let value { family.add(value, labels + [("window", window)]) }
            }
        }
    }
}
