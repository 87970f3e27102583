import Contract

/// Parts of a configuration that are understood but that this build passes over. Nobody shall find out by waiting.
enum Unserved {
    static func warnings(_ configuration: Configuration, _ root: SettingNode) -> [ConfigurationProblem] {
        let listen = SettingGroup(path: ["listen"], node: root["listen"])
        var warnings: [ConfigurationProblem] = []
        if configuration.listen.rtsp != nil {
            warnings.append(self.warning(listen, "rtsp", "RTSP is not served by this build; the port stays closed."))
        }
        if configuration.listen.rtsps != nil {
            warnings.append(self.warning(listen, "rtsps", "RTSP is not served by this build; the port stays closed."))
        }
        let relays = SettingGroup(path: ["relays"], node: root["relays"])
        for relay in configuration.relays {
            let group = relays.group(relay.name.rawValue)
            if relay.srt.listen != nil {
                let home = group.group("srt").has("listen") ? group.group("srt") : listen
                let key = group.group("srt").has("listen") ? "listen" : "srt"
                warnings.append(self.warning(home, key, "SRT is not served by this build; the port stays closed."))
            }
            for stream in relay.streams ?? [] {
                warnings += self.warnings(stream, group.group("streams").group(stream.name.rawValue))
            }
        }
        let secure = [configuration.listen.rtmps, configuration.listen.https, configuration.listen.rtsps]
        if configuration.tls != nil, secure.allSatisfy({ $0 == nil }) {
            let top = SettingGroup(path: [], node: root)
            warnings.append(
                self.warning(top, "tls", "no listener uses it; write rtmps:, https: or rtsps: under listen.")
            )
        }
        return warnings
    }

    private static func warnings(_ stream: StreamSpec, _ group: SettingGroup) -> [ConfigurationProblem] {
        var warnings: [ConfigurationProblem] = []
        switch stream.source {
        case .publisher, .rtp, .datagrams: break
        case .call:
            warnings.append(
                self.warning(group, "srt", "SRT sources are not served by this build; the stream stays empty.")
            )
        }
        for push in stream.push where push.to.scheme == .srt {
            let own = group.group("push").group(push.name.rawValue)
            warnings.append(self.warning(own, "to", "SRT is not pushed by this build; nothing is sent there."))
        }
        return warnings
    }

    private static func warning(_ group: SettingGroup, _ key: String, _ sentence: String) -> ConfigurationProblem {
        ConfigurationProblem(origin: group.origin(of: key), path: group.path + [key], sentence: sentence)
    }
}
