import Contract
import Health

/// The shapes of the API's answers (JSON Schema 2020-12), one for each view.
enum Schemas {
    static let all: JSONValue = [
        "Host": host, "Listener": listener, "FrontDoor": frontDoor, "Configuration": configuration, "Usage": usage,
        "Relay": relay, "RelayHealth": relayHealth,
        "Instance": instance, "Ending": ending, "RelayList": list("relays", of: "Relay"),
        "Stream": stream, "Source": source, "Link": link, "LinkTrack": linkTrack,
        "Level": level, "Finding": finding,
        "Omission": omission, "HealthOmission": healthOmission, "ReloadChange": reloadChange,
        "Process": process, "ProcessFault": processFault, "Certificate": certificate, "Recording": recording,
        "Alerts": alerts, "AlertReceiver": alertReceiver,
        "AlertTrials": object(["trials": array("AlertTrial")]),
        "AlertTrial": object(["receiver": text, "delivered": flag, "sentence": sentence]), "Loss": loss,
        "Refusal": refusal, "Counters": counters,
        "Output": output,
        "StreamList": list("streams", of: "Stream"), "Viewer": viewer, "ViewerList": list("viewers", of: "Viewer"),
        "Venue": venue, "VenueList": list("venues", of: "Venue"),
        "Destination": destination,
        "History": history, "HistoryLine": historyLine, "HistoryPoint": historyPoint, "Links": links,
        "EncoderLinks": encoderLinks, "VenueLink": object(["venue": text, "url": text]), "Reload": reload,
        "Accepted": object(["sentence": sentence]), "NewKey": newKey,
        "ConsoleLink": object(["url": text, "expires_at": date]), "Problem": problem,
        "EventList": object(["events": array("Event"), "last": count]), "Event": event, "Report": report,
        "ReportStream": reportStream, "ReportGap": reportGap, "ReportSpan": reportSpan, "ReportRestart": reportRestart,
        "ReportRoom": reportRoom, "VenueMinute": venueMinute,
        "StreamHealth": streamHealth, "HealthSource": healthSource, "SourceHealth": sourceHealth,
        "HealthTrack": healthTrack,
    ]

    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    // MARK: - Pieces

    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let number: JSONValue = ["type": "number"]
    private static let identity: JSONValue = ["type": "integer"]
    private static let count: JSONValue = ["type": "integer", "minimum": 0]
    private static let date: JSONValue = ["type": "string", "format": "date-time"]
    private static let texts: JSONValue = ["type": "array", "items": text]
    private static let sentence = text.described("For a person, in plain words.")
    private static let japanese = text.described("The sentence in Japanese.")
    private static let bitrate: JSONValue = ["type": "number", "minimum": 0, "description": "Bits a second."]

    private static func words<Word: CaseIterable & RawRepresentable>(_ type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        ["type": "string", "enum": .list(Word.allCases.map { .string($0.rawValue) })]
    }

    private static func counts<Word: CaseIterable & RawRepresentable>(by type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        self.object(Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.rawValue, self.count) }))
    }

    /// An object whose members are there unless they are optional.
    private static func object(_ members: [String: JSONValue], optional: [String: JSONValue] = [:]) -> JSONValue {
        [
            "type": "object",
            "required": .list(members.keys.sorted().map { .string($0) }),
            "properties": .object(members.merging(optional) { $1 }),
        ]
    }

    private static func list(_ name: String, of item: String) -> JSONValue {
        self.object([name: self.array(item)])
    }

    private static func array(_ item: String) -> JSONValue { ["type": "array", "items": self.reference(item)] }

    // MARK: - Views

    private static let host = object(
        [
            "version": text, "pid": count, "now": date, "started_at": date, "isolation": words(Isolation.self),
            "ready": flag, "sentence": sentence, "draining": flag, "listeners": array("Listener"),
            "front_door": reference("FrontDoor"), "configuration": reference("Configuration"),
            "relays": array("Relay"),
        ],
        optional: [
            "usage": reference("Usage"), "certificate": reference("Certificate"), "history": reference("Recording"),
            "alerts": reference("Alerts"), "process": reference("Process"),
        ]
    )
    private static let process = object([
        "state": words(ProcessState.self), "since": date, "sentence": sentence, "japanese": japanese,
        "faults": array("ProcessFault"),
    ])
    private static let processFault = object([
        "fault": words(ProcessFault.self), "since": date, "sentence": sentence, "japanese": japanese,
    ])
    private static let certificate = object([
        "expires_at": date, "state": words(CertificateHealth.State.self), "sentence": sentence,
    ])
    private static let alerts = object(["firing": count, "receivers": array("AlertReceiver")])
    private static let alertReceiver = object(
        ["name": text, "kind": text, "sent": count, "failed": count, "left_out": count, "waiting": count],
        optional: ["trouble": sentence]
    )
    private static let recording = object(
        ["written": count, "dropped": count, "waiting": count, "size": count],
        optional: ["trouble": sentence]
    )
    private static let listener = object(
        ["name": text],
        optional: ["address": text.described("Absent while the port is not open.")]
    )
    private static let frontDoor = object([
        "open": count, "waiting": count, "handed_over": count, "refusals": counts(by: DoorRefusal.self),
    ])
    private static let configuration = object(
        ["reloads": count, "refused_reloads": count, "deferred": texts],
        optional: [
            "applied_at": date,
            "problem": text.described("What is wrong with the newest file; the one before it is in force."),
        ]
    )
    private static let usage = object([
        "cpu_seconds": number, "resident_memory": count, "open_descriptors": count,
    ])
    private static let relayHealth = object(
        ["state": words(RelayCondition.self), "since": date, "sentence": sentence, "japanese": japanese],
        optional: ["reason": text.described("A code; absent where there is nothing to explain.")]
    )
    private static let relay = object(
        [
            "name": text, "state": words(RelayState.self), "since": date, "ready": flag, "sentence": sentence,
            "restarts": count, "restarts_by_cause": counts(by: EndingCause.self), "deferred": texts,
            "problems": texts,
            "play": words(PlayPolicy.self), "connections": count,
            "kept_connections": count.described("Those that outlive the relay's instance."),
            "handed_on_connections": count.described("Those that went on with another instance when one had ended."),
            "viewers": count, "bitrate": bitrate,
            "publish_refusals": counts(by: PublishRefusal.self), "play_refusals": counts(by: PlayRefusal.self),
            "streams": array("Stream"),
        ],
        optional: [
            "health": reference("RelayHealth"),
            "instance": reference("Instance"), "last_ending": reference("Ending"), "usage": reference("Usage"),
            "declared_streams": texts, "venues": array("Venue"), "destinations": array("Destination"),
        ]
    )
    private static let instance = object(
        ["id": text, "started_at": date],
        optional: ["pid": count, "start_seconds": number.described("From being made to being ready.")]
    )
    private static let ending = object(["at": date, "cause": words(EndingCause.self), "sentence": sentence])
    private static let stream = object(
        [
            "relay": text, "stream": text, "state": words(StreamState.self), "since": date, "sentence": sentence,
            "faults": ["type": "array", "items": words(StreamFault.self)], "bitrate": bitrate, "codecs": texts,
            "viewers": count, "slate": flag, "counters": reference("Counters"),
            "outputs": ["type": "object", "additionalProperties": reference("Output")],
        ],
        optional: [
            "fps": number, "keyframe_interval": number.described("Seconds."),
            "resolution": ["type": "string", "pattern": "^[0-9]+x[0-9]+$"], "source": reference("Source"),
            "last_loss": reference("Loss"), "last_refusal": reference("Refusal"),
            "omissions": array("Omission"), "levels": array("Level"), "japanese": japanese,
            "findings": array("Finding"),
        ]
    )
    private static let finding = object([
        "fault": words(StreamFault.self), "since": date, "sentence": sentence, "japanese": japanese,
    ])
    private static let level = object([
        "peak": number.described("Decibels of full scale."), "rms": number.described("Decibels of full scale."),
    ])
    private static let omission = object(
        [
            "part": text, "codec": text, "reason": text, "sentence": sentence, "since": date, "last": date,
            "count": count,
        ],
        optional: ["format": omittedIn, "japanese": japanese]
    )
    private static let omittedIn = text.described("The wire format it is left out of; absent where no viewer gets it.")
    private static let source = object(
        ["id": identity, "protocol": words(SourceProtocol.self), "address": text, "since": date],
        optional: ["encoder": text, "last_heard": date, "link": reference("Link")]
    )
    private static let link = object(
        ["foreign": count, "malformed": count, "tracks": array("LinkTrack")],
        optional: ["round_trip": number.described("Seconds."), "retransmitted": count]
    )
    private static let linkTrack = object([
        "kind": words(LinkTrack.Kind.self), "index": count, "packets": count, "lost": count, "reordered": count,
        "duplicates": count, "jitter": number.described("Seconds."), "held": count, "holding": flag,
    ])
    private static let loss = object(["at": date, "cause": text, "address": text])
    private static let refusal = object([
        "id": identity, "at": date, "reason": words(PublishRefusal.self), "address": text,
    ])
    private static let counters = object([
        "bytes_in": count, "packets_in": count, "packets_dropped": count, "discontinuities": count,
        "reconnects": count, "takeovers": count, "timestamp_regressions": count,
        "link_packets": count, "link_lost": count, "link_held": count,
    ])
    private static let output = object([
        "viewers": count, "muxing": flag, "joins": count, "bytes": count, "skips": count, "stalls": count,
    ])
    private static let destination = object(
        [
            "stream": text, "destination": text, "address": text, "state": words(DestinationState.self), "since": date,
            "sentence": sentence, "failures": count, "bytes": count,
        ],
        optional: ["reason": words(DestinationTrouble.self), "japanese": japanese]
    )
    private static let venue = object(
        [
            "venue": text, "state": words(VenueState.self), "since": date, "sentence": sentence, "stalls": count,
            "dropped_frames": count, "reports": count,
        ],
        optional: [
            "reported_at": date.described("Absent before the first report."),
            "latency": number.described("Seconds behind the main venue."),
            "buffer": number.described("Seconds of media that lie ready."), "arriving": bitrate, "resolution": text,
            "reason": words(VenueReason.self), "japanese": japanese,
        ]
    )
    private static let history = object([
        "relay": text, "streams": array("HistoryLine"), "venues": array("HistoryLine"),
    ])
    private static let historyLine = object(["name": text, "points": array("HistoryPoint")])
    private static let historyPoint = object(["age": number.described("Seconds ago."), "value": number])
    private static let newKey = object(
        ["relay": text, "sentence": sentence, "publish_key": text],
        optional: ["encoder": reference("EncoderLinks")]
    )
    private static let links = object(
        ["relay": text, "venues": array("VenueLink")],
        optional: ["encoder": reference("EncoderLinks")]
    )
    private static let encoderLinks = object(["server": text, "stream_keys": texts])
    private static let viewer = object(
        [
            "number": count, "stream": text, "protocol": words(ViewerProtocol.self), "address": text, "since": date,
            "bytes": count, "skips": count,
        ],
        optional: ["venue": text]
    )
    private static let reload = object(
        ["added": texts, "changed": texts, "removed": texts, "deferred": texts],
        optional: ["previous": reference("ReloadChange")]
    )
    private static let reloadChange = object([
        "at": date, "age": number.described("Seconds ago."), "added": texts, "changed": texts, "removed": texts,
    ])
    private static let problem = object(
        [
            "type": text, "title": text, "status": ["type": "integer"], "detail": sentence,
            "code": words(ApiProblem.Code.self),
        ],
        optional: ["cause": text]
    )
    private static let event = object(
        ["id": count, "at": date, "kind": text, "level": text, "subject": text, "sentence": sentence],
        optional: ["code": text, "cause": text, "seconds": number, "actor": text]
    )
    private static let report = object([
        "relay": text, "since": date, "until": date, "streams": array("ReportStream"),
        "restarts": array("ReportRestart"), "rooms": array("ReportRoom"), "events": array("Event"), "shortened": flag,
    ])
    private static let reportStream = object([
        "stream": text, "on_air_seconds": number, "missing_seconds": number, "gaps": array("ReportGap"),
        "states": array("ReportSpan"),
    ])
    private static let reportGap = object(
        ["from": date, "seconds": number, "cause": text, "sentence": sentence],
        optional: ["until": date.described("Absent where it lasts still.")]
    )
    private static let reportSpan = object([
        "from": date, "until": date, "seconds": number, "state": text, "sentence": sentence,
    ])
    private static let reportRestart = object(
        ["at": date, "cause": text, "sentence": sentence],
        optional: ["seconds": number.described("For how long nobody served.")]
    )
    private static let reportRoom = object(
        [
            "venue": text, "sentence": sentence, "seen_seconds": number, "missed_seconds": number, "stalls": count,
            "missed": array("ReportSpan"), "minutes": array("VenueMinute"),
        ],
        optional: ["median_latency": number.described("Seconds.")]
    )
    private static let venueMinute = object(
        ["at": date, "venue": text, "reports": count, "stalls": count, "state": text],
        optional: ["least_latency": number, "median_latency": number, "most_latency": number]
    )
    private static let streamHealth = object(
        [
            "relay": text, "stream": text, "state": words(StreamState.self), "since": date, "sentence": sentence,
            "japanese": japanese, "faults": ["type": "array", "items": words(StreamFault.self)],
            "findings": array("Finding"), "bitrate": bitrate, "codecs": texts,
            "viewers": count, "viewers_by_protocol": ["type": "object", "additionalProperties": count],
            "tracks": array("HealthTrack"), "omissions": array("HealthOmission"), "received_bytes": count,
            "discontinuities": count,
            "reconnects": count, "takeovers": count, "served": flag, "healthy": flag,
        ],
        optional: [
            "fps": number, "keyframe_interval": number, "resolution": text, "source": reference("HealthSource"),
            "loss": words(SourceLoss.Cause.self), "source_health": reference("SourceHealth"),
        ]
    )
    private static let sourceHealth = object(
        ["state": words(SourceState.self), "since": date, "sentence": sentence, "japanese": japanese],
        optional: ["reason": text]
    )
    private static let healthOmission = object(
        ["part": text, "codec": text, "reason": text, "sentence": sentence, "japanese": japanese, "count": count],
        optional: ["format": omittedIn]
    )
    private static let healthSource = object(
        ["protocol": words(SourceProtocol.self), "since": date],
        optional: ["encoder": text, "last_heard": date]
    )
    private static let healthTrack = object(
        ["kind": text, "index": count, "codec": text, "bitrate": bitrate],
        optional: [
            "codec_string": text, "width": count, "height": count, "sample_rate": count, "channels": count,
        ]
    )
}

extension JSONValue {
    fileprivate func described(_ description: String) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members["description"] = .string(description)
        return .object(members)
    }
}
