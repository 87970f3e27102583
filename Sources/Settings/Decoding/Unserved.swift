import Contract

/// Parts of a configuration that are understood but that this build passes over. Nobody shall find out by waiting.
enum Unserved {
    static func warnings(_ configuration: Configuration, _ root: SettingNode) -> [ConfigurationProblem] {
        let listen = SettingGroup(path: ["listen"], node: root["listen"])
        var warnings: [ConfigurationProblem] = []
        if configuration.listen.rtsp != nil {
            warnings.append(self.warning(listen, "rtsp", "RTSP is not served by this build; the port stays closed."))
        }
        if configuration.listen.srt != nil {
            warnings.append(self.warning(listen, "srt", "SRT is not served by this build; the port stays closed."))
        }
        if configuration.tls != nil, configuration.listen.rtmps == nil, configuration.listen.https == nil {
            let top = SettingGroup(path: [], node: root)
            warnings.append(self.warning(top, "tls", "no listener uses it; write rtmps: or https: under listen."))
        }
        for relay in configuration.relays {
            let streams = SettingGroup(path: ["relays", relay.name.rawValue, "streams"], node: nil)
            for stream in relay.streams ?? [] where stream.source != .publisher {
                let node = root["relays"]?[relay.name.rawValue]?["streams"]?[stream.name.rawValue]
                let group = SettingGroup(path: streams.path + [stream.name.rawValue], node: node)
                warnings.append(
                    self.warning(group, "rtp", "RTP sources are not served by this build; the stream stays empty.")
                )
            }
        }
        return warnings
    }

    private static func warning(_ group: SettingGroup, _ key: String, _ sentence: String) -> ConfigurationProblem {
        ConfigurationProblem(origin: group.origin(of: key), path: group.path + [key], sentence: sentence)
    }
}
