import Contract

/// Reads what stands under `streams.<name>.rtp`: a session description, or a port.
struct RTPSourceDecoder {
    let settings: SettingGroup

    func source(_ problems: inout [ConfigurationProblem]) -> SourceSpec? {
        guard let node = self.settings.node else { return .publisher }
        let before = problems.count
        let file = self.settings.read("sdp", standard: String?.none, &problems) { text in
            guard text.utf8.count <= 4096 else { throw ValueError("the path is too long.") }
            return text
        }
        let address = self.settings.address("listen", standard: nil, &problems)
        let format = self.settings.choice("format", standard: DatagramFormat.mpegts, &problems)
        guard problems.count == before else { return nil }
        switch (file, address) {
        case (let file?, nil):
            guard !self.settings.has("format") else {
                return self.complain("the session description names the format; leave out 'format'.", node, &problems)
            }
            return .sessionDescription(file: file)
        case (nil, let address?):
            guard address.port != 0 else {
                return self.complain("a source needs a port of its own, not 0.", node, &problems)
            }
            return .datagrams(address, format)
        case (nil, nil):
            return self.complain("write either sdp: and a file, or listen: and an address.", node, &problems)
        case (.some, .some):
            return self.complain("'sdp' and 'listen' exclude each other; keep one.", node, &problems)
        }
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
