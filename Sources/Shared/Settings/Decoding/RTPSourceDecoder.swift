import Contract

/// Reads what stands under `streams.<name>.rtp`: a session description, or a port.
struct RTPSourceDecoder {
    let settings: SettingGroup
    let files: CompanionFiles

    private struct Shared {
        let source: IPAddress?
        let interface: InterfaceSpec?
    }

    func source(_ problems: inout [ConfigurationProblem]) -> SourceSpec? {
        guard let node = self.settings.node else { return .publisher }
        let before = problems.count
        let description = self.settings.read("sdp", standard: String?.none, &problems) { try self.description($0) }
        let address = self.settings.address("listen", standard: nil, &problems)
        let format = self.settings.choice("format", standard: DatagramFormat.mpegts, &problems)
        let onLoss = self.settings.choice("on_loss", standard: LossPolicy.hold, &problems)
        let sender = self.settings.read("source", standard: IPAddress?.none, &problems) { try IPAddress($0) }
        let shared = Shared(source: sender, interface: self.settings.interface(&problems))
        guard problems.count == before else { return nil }
        switch (description, address) {
        case (let description?, nil):
            guard !self.settings.has("format") else {
                return self.complain("the session description names the format; leave out 'format'.", node, &problems)
            }
            return self.described(description, onLoss, shared, &problems)
        case (nil, let address?):
            guard !self.settings.has("on_loss") else {
                return self.complain("'on_loss' goes with 'sdp'; MPEG-TS is passed on as it is.", node, &problems)
            }
            return self.datagrams(address, format, shared, &problems)
        case (nil, nil):
            return self.complain("write either sdp: and a file, or listen: and an address.", node, &problems)
        case (.some, .some):
            return self.complain("'sdp' and 'listen' exclude each other; keep one.", node, &problems)
        }
    }

    /// The text itself where several lines stand there, otherwise that of the file.
    private func description(_ text: String) throws(ValueError) -> String {
        let isInline = text.hasPrefix("v=") || text.contains(where: \.isNewline)
        guard isInline else { return try self.files.text(of: text, limit: RTPSourceSpec.descriptionLimit) }
        return text
    }

    private func described(
        _ description: String,
        _ onLoss: LossPolicy,
        _ shared: Shared,
        _ problems: inout [ConfigurationProblem]
    ) -> SourceSpec? {
        do {
            let ports = try SessionDescriptionPorts(description)
            let spec = self.settings.checked(&problems) { () throws(SpecError) in
                try RTPSourceSpec(
                    description: description,
                    media: ports.media,
                    onLoss: onLoss,
                    source: shared.source ?? ports.source,
                    interface: shared.interface
                )
            }
            return spec.map { .rtp($0) }
        } catch {
            self.settings.complain("sdp", error.sentence, &problems)
            return nil
        }
    }

    private func datagrams(
        _ address: ListenAddress,
        _ format: DatagramFormat,
        _ shared: Shared,
        _ problems: inout [ConfigurationProblem]
    ) -> SourceSpec? {
        let spec = self.settings.checked(&problems) { () throws(SpecError) in
            try DatagramSourceSpec(
                listen: address,
                format: format,
                source: shared.source,
                interface: shared.interface
            )
        }
        return spec.map { .datagrams($0) }
    }

    private func complain(
        _ sentence: String,
        _ node: SettingNode,
        _ problems: inout [ConfigurationProblem]
    ) -> SourceSpec? {
        problems.append(ConfigurationProblem(origin: node.origin, path: self.settings.path, sentence: sentence))
        return nil
    }
}
