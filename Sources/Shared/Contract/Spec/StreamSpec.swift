/// A stream the configuration declares by name.
package struct StreamSpec: Equatable, Sendable {
    package let name: StreamName
    package let source: SourceSpec

    /// In the order of their names.
    package let push: [PushSpec]

    package let content: StreamContent

    /// Where it is not what is expected of every stream of the relay.
    package let expect: ExpectSpec

    package static let pushLimit = 32

    package init(
        name: StreamName,
        source: SourceSpec = .publisher,
        push: [PushSpec] = [],
        content: StreamContent = .auto,
        expect: ExpectSpec = .nothing
    ) throws(SpecError) {
        guard push.count <= Self.pushLimit else {
            throw SpecError("push", sentence: "a stream has at most \(Self.pushLimit) destinations.")
        }
        guard Set(push.map(\.name)).count == push.count else {
            throw SpecError("push", sentence: "a destination is there twice.")
        }
        self.name = name
        self.source = source
        self.push = push.sorted { $0.name < $1.name }
        self.content = content
        self.expect = expect
    }

    /// One that is fed by whoever connects, and pushed nowhere.
    package init(name: StreamName) {
        self.name = name
        self.source = .publisher
        self.push = []
        self.content = .auto
        self.expect = .nothing
    }
}

extension StreamSpec: Codable {
    private enum CodingKeys: CodingKey { case name, source, push, content, expect }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: values.decode(StreamName.self, forKey: .name),
            source: values.decode(SourceSpec.self, forKey: .source),
            push: values.decode([PushSpec].self, forKey: .push),
            content: values.decode(StreamContent.self, forKey: .content),
            expect: values.decode(ExpectSpec.self, forKey: .expect)
        )
    }
}

/// Where a declared stream comes from.
package enum SourceSpec: Equatable, Sendable, Codable {
    /// Whoever connects with the publish key.
    case publisher
    /// RTP over UDP as a session description tells it.
    case rtp(RTPSourceSpec)
    /// MPEG-TS at one UDP port.
    case datagrams(DatagramSourceSpec)
    /// A listener elsewhere, called by SRT.
    case call(SRTCallSpec)

    /// For a sentence: what the stream is fed by.
    package var noun: String {
        switch self {
        case .publisher: "a publisher"
        case .rtp: "the RTP source of its configuration"
        case .datagrams(let spec): "what arrives at the UDP port \(spec.listen.port)"
        case .call(let spec): "a call to \(spec.call) by SRT"
        }
    }
}
