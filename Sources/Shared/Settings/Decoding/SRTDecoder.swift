import Contract

/// Reads what stands under `relays.<name>.srt`.
struct SRTDecoder {
    let settings: SettingGroup

    func spec(_ problems: inout [ConfigurationProblem]) -> SRTSpec? {
        let before = problems.count
        let listen = self.settings.addresses("listen", standard: [], &problems)
        let latency = self.settings.duration(
            "latency",
            standard: SRTSpec.standard.latency,
            in: SRTSpec.latencyBounds,
            &problems
        )
        let publish = self.settings.secret("publish_passphrase", &problems)
        let play = self.settings.secret("play_passphrase", &problems)
        guard problems.count == before else { return nil }
        return self.settings.checked(&problems) { () throws(SpecError) in
            try SRTSpec(listen: listen, latency: latency, publishPassphrase: publish, playPassphrase: play)
        }
    }
}
