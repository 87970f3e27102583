import Contract

/// What is said in English.
extension StreamText {
    var nobodyInEnglish: String {
        let path = self.snapshot.path
        if let source = self.setting.declared[path.stream] {
            let source = self.audience == .everybody ? "the source that the configuration names" : source
            return
                "Nothing has come yet from \(source): check that it sends to this machine, and that no firewall is in "
                + "between."
        }
        let start = "Nobody is publishing to \(path) yet."
        guard let port = self.setting.rtmpPort else { return "\(start) RTMP is off in the configuration." }
        let host = port == 1935 ? "HOST" : "HOST:\(port)"
        return
            "\(start) In OBS use the server rtmp://\(host)/\(path.relay) and the stream key \(self.keyed), with this "
            + "machine's address and the publish key."
    }

    func silent(_ source: SourceSnapshot, _ time: Duration, _ state: StreamState) -> String {
        "\(self.encoder(source)) has been silent for \(Phrases.time(time)); \(self.viewers(state))"
    }

    func lost(_ loss: SourceLoss, _ state: StreamState) -> String {
        let encoder = self.encoder(loss.source)
        let ago = Phrases.ago(self.now - loss.at)
        switch loss.cause {
        case .ended: return "\(encoder) ended the stream \(ago); it can be started again at any time."
        case .removed: return "\(encoder) was taken off air \(ago)."
        case .disconnected:
            return
                "The connection of \(self.encoder(loss.source, starts: false)) broke \(ago): check it and its network; "
                + self.viewers(state)
        case .silent:
            let heard = loss.source.heard ?? loss.at
            return "\(encoder) has been silent for \(Phrases.time(self.now - heard)): check it and its network; "
                + self.viewers(state)
        case .malformed:
            return "\(encoder) sent what is not its protocol and was cut off \(ago): check its settings; "
                + self.viewers(state)
        case .replaced: return "Another encoder took the stream over \(ago) but is gone too; \(self.viewers(state))"
        case .relayEnded:
            return
                "The relay was restarted \(ago), and \(self.encoder(loss.source, starts: false)) has not come back since: "
                + "check that it is still sending; \(self.viewers(state))"
        }
    }

    func medialess(_ source: SourceSnapshot, _ omissions: String) -> String {
        let start = "\(self.encoder(source)) has been connected for \(Phrases.time(self.now - source.connectedAt))"
        guard omissions.isEmpty else { return "\(start), but nothing that it sends can be passed on. \(omissions)" }
        if self.isPictureArriving { return "\(start), and its first picture is still arriving." }
        return "\(start) but has sent neither picture nor sound yet."
    }

    func keyless(_ source: SourceSnapshot) -> String {
        let time = Phrases.time(self.now - source.connectedAt)
        return "\(self.encoder(source)) has been sending for \(time) but no keyframe has come yet, so nobody can see a "
            + "picture; set its keyframe interval to 2 s."
    }

    var liveInEnglish: String {
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

    /// Follows on what is live.
    func late(_ time: Duration) -> String {
        " The next picture is still arriving, \(Phrases.time(time)) behind the last: it is large, or the encoder's line slow."
    }

    func refusedInEnglish(_ refusal: SourceRefusal) -> String {
        let subject = self.snapshot.source == nil ? "An encoder" : "Another encoder"
        let place = self.place(of: refusal.address).map { " at \($0)" } ?? ""
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

    private func viewers(_ state: StreamState) -> String {
        if state == .slate { return "viewers are shown a slate." }
        let viewers = self.snapshot.viewers
        return viewers == 0 ? "viewers who come will wait." : "viewers are kept and wait (\(viewers) now)."
    }

    func encoder(_ source: SourceSnapshot, starts: Bool = true) -> String {
        let encoder = starts ? "The encoder" : "the encoder"
        return self.place(of: source.address).map { "\(encoder) at \($0)" } ?? encoder
    }
}
