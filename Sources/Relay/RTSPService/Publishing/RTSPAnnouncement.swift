import Admission
import Contract
import Media
import NIOCore
import Streams
import Wire

/// What a publisher has announced and may send.
struct RTSPAnnouncement: Sendable {
    let request: PublishRequest
    let description: SessionDescription
    /// The description as it came.
    let text: String

    /// `a=control` of each medium, empty where it has none.
    var controls: [String] { self.description.media.map { $0.control ?? "" } }

    /// A receiver of what was announced.
    func receiver() -> RTPReceiver? {
        try? RTPReceiver(self.description, configuration: Self.configuration(source: .random(in: .min ... .max)))
    }

    /// Reads what a publisher wants, and whether it may. A denial for want of a key is no refusal yet: clients show
    /// their password when they are asked for it.
    init(_ request: RTSPAnnounceRequest, spec: RelaySpec) throws(PublishDenial) {
        let name = try request.address.stream(of: spec.name).toPublish()
        try Self.admit(request, spec)
        self.request = PublishRequest(
            stream: .success(name),
            key: request.address.query["key"],
            isAuthenticated: true,
            encoder: request.agent.map { String($0.prefix(100)) }
        )
        do throws(SDPError) {
            let text = String(decoding: request.description.readableBytesView, as: UTF8.self)
            self.text = text
            self.description = try SessionDescription(parsing: text)
        } catch {
            throw PublishDenial(.malformed, "What was announced cannot be read: \(error).")
        }
        do throws(RTPError) {
            _ = try RTPReceiver(self.description, configuration: Self.configuration(source: 0))
        } catch {
            let omissions = self.description.omissions.map(\.sentence)
            let reasons = omissions.isEmpty ? "\(error)." : omissions.joined(separator: " ")
            throw PublishDenial(.unsupported, "What was announced has no track that is understood: \(reasons)")
        }
    }

    /// What a publisher had announced that was on air when the process before this one died; it has shown its key to that.
    ///
    /// - Returns: nil if that cannot have been.
    init?(resuming text: String, as name: StreamName, encoder: String?) {
        guard let description = try? SessionDescription(parsing: text) else { return nil }
        self.request = PublishRequest(stream: .success(name), key: nil, isAuthenticated: true, encoder: encoder)
        self.description = description
        self.text = text
    }

    /// The key is shown in the address or as the password, of any user unless the configuration names one.
    private static func admit(_ request: RTSPAnnounceRequest, _ spec: RelaySpec) throws(PublishDenial) {
        if let credentials = request.credentials, let key = spec.publishKey {
            guard credentials.show(password: key.revealed),
                spec.publishUser.map({ credentials.claims(user: $0) }) ?? true
            else {
                throw PublishDenial(.wrongKey, "The password is not this relay's key, or the user is another.")
            }
            return
        }
        try PublishGuard(spec).admit(key: request.address.query["key"])
    }

    /// The source is a random number.
    static func configuration(source: UInt32) -> RTPReceiverConfiguration {
        RTPReceiverConfiguration(canonicalName: "transponder", source: source)
    }
}
