import Contract

/// Reads what stands under `streams.<name>`: where it comes from, and where else it goes.
struct StreamDecoder {
    let name: StreamName
    let settings: SettingGroup
    let files: CompanionFiles

    func spec(_ problems: inout [ConfigurationProblem]) -> StreamSpec? {
        let before = problems.count
        let source = self.source(&problems)
        let push = self.push(&problems)
        let content = self.settings.choice("content", standard: StreamContent.auto, &problems)
        let expect = HealthDecoder(settings: self.settings).expect(&problems)
        guard problems.count == before, let source else { return nil }
        return self.settings.checked(&problems) { () throws(SpecError) in
            try StreamSpec(name: self.name, source: source, push: push, content: content, expect: expect)
        }
    }

    private func source(_ problems: inout [ConfigurationProblem]) -> SourceSpec? {
        let rtp = RTPSourceDecoder(settings: self.settings.group("rtp"), files: self.files)
        switch (self.settings.has("rtp"), self.settings.has("srt")) {
        case (false, false): return .publisher
        case (true, false): return rtp.source(&problems)
        case (false, true): return self.call(self.settings.group("srt"), &problems)
        case (true, true):
            self.settings.complain("srt", "a stream has one source; keep either 'rtp' or 'srt'.", &problems)
            return nil
        }
    }

    private func call(_ group: SettingGroup, _ problems: inout [ConfigurationProblem]) -> SourceSpec? {
        let before = problems.count
        let address = group.read("call", standard: HostPort?.none, &problems) { try HostPort($0) }
        let streamID = group.read("streamid", standard: SRTStreamID?.none, &problems) { try SRTStreamID($0) }
        let passphrase = group.secret("passphrase", &problems)
        let latency = group.optionalDuration("latency", in: SRTSpec.latencyBounds, &problems)
        guard problems.count == before else { return nil }
        guard let address else {
            self.settings.complain("srt", "write call: and host:port of whom to fetch the stream from.", &problems)
            return nil
        }
        let spec = group.checked(&problems) { () throws(SpecError) in
            try SRTCallSpec(call: address, streamID: streamID, passphrase: passphrase, latency: latency)
        }
        return spec.map { .call($0) }
    }

    private func push(_ problems: inout [ConfigurationProblem]) -> [PushSpec] {
        let group = self.settings.group("push")
        return (group.node?.entries ?? []).compactMap { entry in
            let destination = group.group(entry.key)
            do {
                return self.push(to: try DestinationName(entry.key), destination, entry, &problems)
            } catch {
                problems.append(
                    ConfigurationProblem(origin: entry.origin, path: destination.path, sentence: "\(error)")
                )
                return nil
            }
        }
    }

    private func push(
        to name: DestinationName,
        _ group: SettingGroup,
        _ entry: SettingEntry,
        _ problems: inout [ConfigurationProblem]
    ) -> PushSpec? {
        let before = problems.count
        let to = group.read("to", standard: PushDestination?.none, &problems) { try PushDestination($0) }
        let ttl = group.read("ttl", standard: Int?.none, &problems) { text in
            guard let number = Int(text) else {
                throw ValueError("'\(text)' is not a number; write \(ValueForm.count.example).")
            }
            return number
        }
        let interface = group.interface(&problems)
        let passphrase = group.secret("passphrase", &problems)
        let latency = group.optionalDuration("latency", in: SRTSpec.latencyBounds, &problems)
        guard problems.count == before else { return nil }
        guard let to else {
            problems.append(
                ConfigurationProblem(
                    origin: entry.origin,
                    path: group.path,
                    sentence: "the destination has no address; write to: and \(ValueForm.destination.example)."
                )
            )
            return nil
        }
        return group.checked(&problems) { () throws(SpecError) in
            try PushSpec(
                name: name,
                to: to,
                ttl: ttl,
                interface: interface,
                passphrase: passphrase,
                latency: latency
            )
        }
    }
}
