/// The keys a configuration may have, and the form of their values. The one place that spells them.
indirect enum Schema: Sendable {
    case value(ValueForm)
    case group([(key: String, schema: Schema)])
    /// Keys that are names of the operator's choosing.
    case named(String, Schema)

    static let configuration = Schema.group([
        ("listen", listen),
        ("tls", tls),
        ("isolation", .value(.choice(["runc", "crun", "podman", "none"]))),
        ("state", .value(.directory)),
        ("relays", .named("relay", relay)),
    ])

    private static let listen = Schema.group([
        ("rtmp", .value(.address)),
        ("http", .value(.address)),
        ("rtmps", .value(.address)),
        ("https", .value(.address)),
        ("rtsp", .value(.address)),
        ("srt", .value(.address)),
    ])

    private static let tls = Schema.group([
        ("certificate", .value(.file)),
        ("key", .value(.file)),
    ])

    private static let relay = Schema.group([
        ("publish_key", .value(.secret)),
        ("publish_user", .value(.text)),
        ("play", .value(.choice(["open", "venues"]))),
        ("takeover", .value(.flag)),
        ("source_timeout", .value(.duration)),
        ("tick", .value(.duration)),
        ("window", .value(.duration)),
        ("stall", .value(.duration)),
        ("hls", .group([("segment", .value(.duration))])),
        ("limits", limits),
        ("venues", .named("venue", .group([("token", .value(.secret))]))),
        ("streams", .named("stream", .group([("rtp", rtp)]))),
    ])

    private static let limits = Schema.group([
        ("viewers", .value(.count)),
        ("streams", .value(.count)),
        ("undecided", .value(.count)),
        ("memory", .value(.size)),
        ("cpu", .value(.cores)),
        ("send_buffer", .value(.size)),
        ("tape", .value(.size)),
    ])

    private static let rtp = Schema.group([
        ("sdp", .value(.file)),
        ("listen", .value(.address)),
        ("format", .value(.choice(["mpegts"]))),
    ])

    /// Paths of the groups a key belongs to, for telling somebody who wrote it in the wrong place.
    func homes(of key: String, under path: [String] = []) -> [[String]] {
        switch self {
        case .value: []
        case .named(let kind, let schema): schema.homes(of: key, under: path + ["<\(kind)>"])
        case .group(let fields):
            (fields.contains { $0.key == key } ? [path] : [])
                + fields.flatMap { $0.schema.homes(of: key, under: path + [$0.key]) }
        }
    }
}

enum ValueForm: Hashable, Sendable {
    case duration, size, address, flag, count, cores, secret, text, file, directory
    case choice([String])

    /// Completes "write …".
    var example: String {
        switch self {
        case .duration: "a duration such as 10ms, 2s or 1m"
        case .size: "a size such as 256MiB or 10MB"
        case .address: "an address such as 0.0.0.0:1935, [::]:1935 or 1935"
        case .flag: "true or false"
        case .count: "a whole number such as 1000"
        case .cores: "a number of processor cores such as 1.0 or 0.5"
        case .secret: "a key of letters, digits and marks such as - or _"
        case .text: "a word"
        case .file: "the path of a file"
        case .directory: "the path of a directory"
        case .choice(let words): words.joined(separator: " or ")
        }
    }
}
