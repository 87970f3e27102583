package import Contract

/// Which relay of a configuration a process shall be, and what its command line overrides.
package struct RelayChoice: Sendable {
    /// Addresses of the command line in place of the configuration's.
    package enum Override: Equatable, Sendable {
        case at([ListenAddress])
        case off

        /// An address, several with commas between them, or `off`.
        package static func parse(_ text: String) throws -> Override {
            text == "off" ? .off : .at(try ListenAddress.list(text))
        }

        /// What is listened at where the configuration says so and the command line perhaps otherwise.
        package static func addresses(_ configured: [ListenAddress], _ override: Override?) -> [ListenAddress] {
            switch override {
            case nil: configured
            case .off: []
            case .at(let addresses): addresses
            }
        }
    }

    package var relay: String?
    package var rtmp: Override?
    package var http: Override?
    package var publishKey: Secret?

    package init(
        relay: String? = nil,
        rtmp: Override? = nil,
        http: Override? = nil,
        publishKey: Secret? = nil
    ) {
        self.relay = relay
        self.rtmp = rtmp
        self.http = http
        self.publishKey = publishKey
    }

    /// The relay's spec, its key perhaps still missing, and where it listens.
    package func pick(from configuration: Configuration) throws(RelayChoiceError) -> (RelaySpec, ListenSpec) {
        var spec = try self.spec(of: configuration)
        if let publishKey { spec = spec.keyed(publishKey) }
        var listen = ListenSpec(udp: configuration.listen.udp)
        listen[all: .rtmp] = Override.addresses(configuration.listen[all: .rtmp], self.rtmp)
        listen[all: .http] = Override.addresses(configuration.listen[all: .http], self.http)
        listen[all: .rtsp] = configuration.listen[all: .rtsp]
        listen[all: .srt] = spec.srt.listen
        guard listen.rtmp != nil || listen.http != nil || listen.rtsp != nil || listen.srt != nil else {
            throw .listensNowhere
        }
        return (spec, listen)
    }

    private func spec(of configuration: Configuration) throws(RelayChoiceError) -> RelaySpec {
        let names = configuration.relays.map(\.name.rawValue)
        guard let relay = self.relay else {
            guard let only = configuration.relays.first, names.count == 1 else { throw .several(names) }
            return only
        }
        guard let spec = configuration.relays.first(where: { $0.name.rawValue == relay }) else {
            throw .unknown(relay, near: NearestKey.to(relay, among: names), known: names)
        }
        return spec
    }

}

package enum RelayChoiceError: StartFailure, Hashable, Sendable, CustomStringConvertible {
    case several([String])
    case unknown(String, near: String?, known: [String])
    case listensNowhere

    package var exitCode: Int32 { ExitStatus.wrongConfiguration }

    package var description: String {
        switch self {
        case .several(let names):
            return "The configuration has several relays; choose one with --relay: \(names.joined(separator: ", "))."
        case .unknown(let name, let near, let known):
            let hint = near.map { "did you mean '\($0)'?" } ?? "there are: \(known.joined(separator: ", "))."
            return "The configuration has no relay '\(name)'; \(hint)"
        case .listensNowhere:
            return
                "Nothing is listened for, so nobody could connect; set listen.rtmp, listen.http, listen.rtsp or listen.srt."
        }
    }
}
