import Contract

/// The readers that a sentence is written for.
package enum Audience: Hashable, Sendable {
    /// Anybody who can reach a port: told no addresses.
    case everybody
    case theOperator
}

/// What a person is told of a stream.
struct StreamSentences {
    let snapshot: StreamSnapshot
    let now: Instant
    let setting: HealthSetting

    static func nobody(_ path: StreamPath, _ setting: HealthSetting, for audience: Audience) -> String {
        if let source = setting.declared[path.stream] {
            let source = audience == .everybody ? "the source that the configuration names" : source
            return
                "Nothing has come yet from \(source): check that it sends to this machine, and that no firewall is in "
                + "between."
        }
        let start = "Nobody is publishing to \(path) yet."
        guard let port = setting.rtmpPort else { return "\(start) RTMP is off in the configuration." }
        let host = port == 1935 ? "HOST" : "HOST:\(port)"
        return "\(start) In OBS use the server rtmp://\(host)/\(path.relay) and the stream key "
            + "\(path.stream)?key=KEY, with this machine's address and the publish key."
    }

    func gone(_ state: StreamState, for audience: Audience) -> String {
        if let source = self.snapshot.source, let heard = source.lastHeard {
            // One whose only media is left out may be sending all the while.
            if self.snapshot.tracks.isEmpty, !self.snapshot.omissions.isEmpty { return self.arriving(for: audience) }
            let encoder = Self.encoder(source, for: audience)
            return "\(encoder) has been silent for \(Phrases.time(self.now - heard)); \(self.viewersSentence(state))"
        }
        if let refusal = self.freshRefusal { return self.refused(refusal, for: audience) }
        guard let loss = self.snapshot.loss else { return Self.nobody(self.snapshot.path, self.setting, for: audience) }
        let encoder = Self.encoder(loss.source, for: audience)
        let ago = Phrases.ago(self.now - loss.at)
        switch loss.cause {
        case .ended:
            return "\(encoder) ended the stream \(ago); it can be started again at any time."
        case .removed:
            return "\(encoder) was taken off air \(ago)."
        case .disconnected:
            return
                "The connection of \(Self.encoder(loss.source, starts: false, for: audience)) broke \(ago): check "
                + "it and its network; \(self.viewersSentence(state))"
        case .silent:
            let heard = loss.source.lastHeard ?? loss.at
            return "\(encoder) has been silent for \(Phrases.time(self.now - heard)): check it and its network; "
                + self.viewersSentence(state)
        case .malformed:
            return "\(encoder) sent what is not its protocol and was cut off \(ago): check its settings; "
                + self.viewersSentence(state)
        case .replaced:
            return "Another encoder took the stream over \(ago) but is gone too; \(self.viewersSentence(state))"
        case .relayEnded:
            return
                "The relay was restarted \(ago), and \(Self.encoder(loss.source, starts: false, for: audience)) has "
                + "not come back since: check that it is still sending; \(self.viewersSentence(state))"
        }
    }

    func arriving(for audience: Audience) -> String {
        guard let source = self.snapshot.source else { return self.live() }
        let encoder = Self.encoder(source, for: audience)
        let time = Phrases.time(self.now - source.connectedAt)
        guard source.lastHeard != nil, !self.snapshot.tracks.isEmpty else {
            let omissions = Self.joined(self.snapshot.omissions)
            guard omissions.isEmpty else {
                return
                    "\(encoder) has been connected for \(time), but nothing that it sends can be passed on. \(omissions)"
            }
            return "\(encoder) has been connected for \(time) but has sent neither picture nor sound yet."
        }
        return
            "\(encoder) has been sending for \(time) but no keyframe has come yet, so nobody can see a picture; set its "
            + "keyframe interval to 2 s."
    }

    func settling(for audience: Audience) -> String {
        guard let source = self.snapshot.source else { return self.live() }
        return "\(Self.encoder(source, for: audience)) has just begun to send."
    }

    /// What is left out, each once, and of many the first few.
    static func joined(_ omissions: [OmissionSnapshot]) -> String {
        // What no viewer gets comes first.
        let ordered = omissions.filter { $0.format == nil } + omissions.filter { $0.format != nil }
        var sentences: [String] = []
        for omission in ordered where !sentences.contains(omission.sentence) { sentences.append(omission.sentence) }
        let more = sentences.count - Self.omissionsTold
        let rest = more > 0 ? ["\(more) more \(more == 1 ? "thing is" : "things are") left out."] : []
        return (sentences.prefix(Self.omissionsTold) + rest).joined(separator: " ")
    }

    private static let omissionsTold = 3

    func live() -> String {
        var parts: [String] = []
        if let video = self.snapshot.defaultTrack(.video) {
            let size = video.width > 0 && video.height > 0 ? "\(video.width)×\(video.height)" : "a picture"
            let rate = video.frameRate > 0 ? " at \(Phrases.rate(video.frameRate)) pictures a second" : ""
            parts.append(size + rate)
        }
        let hasAudio = self.snapshot.defaultTrack(.audio) != nil
        parts.append(hasAudio ? (parts.isEmpty ? "sound alone" : "with sound") : "without sound")
        let bits = self.snapshot.tracks.reduce(0) { $0 + $1.bitrate }
        if bits > 0 { parts.append(Phrases.bitrate(bits)) }
        return "Live: \(parts.joined(separator: ", "))."
    }

    /// The last refusal, if it is fresh and says more than the loss before it.
    private var freshRefusal: SourceRefusal? {
        guard let refusal = self.snapshot.refusal, self.now - refusal.at < .seconds(60),
            refusal.at > self.snapshot.loss?.at ?? refusal.at + .seconds(-1)
        else { return nil }
        return refusal
    }

    func refused(_ refusal: SourceRefusal, for audience: Audience) -> String {
        let subject = self.snapshot.source == nil ? "An encoder" : "Another encoder"
        let place = audience == .everybody ? "" : " at \(Self.host(refusal.address))"
        let who = "\(subject)\(place) was refused \(Phrases.ago(self.now - refusal.at)):"
        switch refusal.reason {
        case .noKey: return "\(who) it gave no key; write it behind the stream's name as \(self.keyed)."
        case .wrongKey: return "\(who) its key is wrong; the stream key is written as \(self.keyed)."
        case .busy: return "\(who) another one was on air and takeover is off."
        case .unknownStream: return "\(who) the configuration does not name this stream."
        case .declaredSource: return "\(who) the configuration says where this stream comes from."
        case .unknownRelay, .badName: return "\(who) the name it asked for is not valid."
        case .tooMany: return "\(who) the relay has as many streams as it may; raise limits.streams."
        case .noMemory: return "\(who) live streams fill the relay's memory; raise limits.memory, or lower window."
        case .unsupported: return "\(who) it sends codecs that cannot be carried; send H.264 and AAC."
        case .malformed: return "\(who) what it sent breaks its protocol."
        }
    }

    private var keyed: String { "\(self.snapshot.path.stream)?key=KEY" }

    private func viewersSentence(_ state: StreamState) -> String {
        if state == .slate { return "viewers are shown a slate." }
        let viewers = self.snapshot.viewers
        return viewers == 0 ? "viewers who come will wait." : "viewers are kept and wait (\(viewers) now)."
    }

    private static func encoder(_ source: SourceSnapshot, starts: Bool = true, for audience: Audience) -> String {
        let encoder = starts ? "The encoder" : "the encoder"
        return audience == .everybody ? encoder : "\(encoder) at \(self.host(source.address))"
    }

    /// The port says nothing to a person.
    private static func host(_ address: String) -> String {
        guard let colon = address.lastIndex(of: ":"), address.hasPrefix("[") || address.firstIndex(of: ":") == colon
        else { return address }
        return String(address[..<colon].filter { $0 != "[" && $0 != "]" })
    }
}
