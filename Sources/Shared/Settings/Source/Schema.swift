import Contract

/// The keys a configuration may have, and the form of their values. The one place that spells them.
indirect enum Schema: Sendable {
    case value(ValueForm)
    case group([(key: String, schema: Schema)])
    /// Keys that are names of the operator's choosing.
    case named(String, Schema)
    /// A group, or a list of such groups.
    case listed(Schema)

    /// The same group, in which each secret may also be named by the file that it stands in.
    private static func keyed(_ fields: [(key: String, schema: Schema)]) -> Schema {
        .group(
            fields.flatMap { field in
                guard field.schema.isSecret else { return [field] }
                return [field, (field.key + SecretFiles.suffix, .value(.file))]
            }
        )
    }

    static let configuration = Schema.group([
        ("listen", listen),
        ("tls", tls),
        ("trusted_proxies", .value(.networks)),
        ("door", door),
        ("isolation", .value(.choice(["runc", "crun", "podman", "none"]))),
        ("state", .value(.directory)),
        ("standby", .value(.flag)),
        ("without_host", .value(.duration)),
        ("history", .group([("keep", .value(.duration)), ("size", .value(.size))])),
        ("alerts", alerts),
        ("relays", .named("relay", relay)),
    ])

    /// Whether the value is one that is shown to nobody.
    var isSecret: Bool {
        switch self {
        case .value(.secret), .value(.hidden): true
        case .value, .group, .named, .listed: false
        }
    }

    private static let alerts = Schema.group([
        ("receivers", .named("receiver", receiver)),
        ("after", .value(.duration)),
        ("group", .value(.duration)),
        ("repeat", .value(.duration)),
        ("limit", .value(.count)),
        ("quiet", .value(.hours)),
    ])

    private static let receiver = Schema.keyed([
        ("webhook", .value(.hidden)),
        ("form", .value(.choice(AlertReceiverSpec.Form.allCases.map(\.rawValue)))),
        ("secret", .value(.hidden)),
        ("email", .value(.text)),
        ("from", .value(.text)),
        ("recipients", .value(.mailboxes)),
        ("mqtt", .value(.text)),
        ("topic", .value(.text)),
        ("user", .value(.text)),
        ("password", .value(.hidden)),
        ("command", .value(.words)),
    ])

    private static let listen = Schema.group(
        WireProtocol.allCases.map { ($0.rawValue, .value(.addresses)) }
            + [("udp", .value(.ports)), (ListenSpec.adminName, .value(.addresses))]
    )

    private static let tls = Schema.listed(
        .group([
            ("certificate", .value(.file)),
            ("key", .value(.file)),
            ("names", .value(.names)),
        ])
    )

    private static let door = Schema.group([
        ("connections", .value(.count)),
        ("undecided", .value(.count)),
        ("reserved", .value(.count)),
        ("waiting", .value(.count)),
    ])

    private static let relay = Schema.keyed([
        ("publish_key", .value(.secret)),
        ("publish_user", .value(.text)),
        ("play", .value(.choice(["open", "venues"]))),
        ("takeover", .value(.flag)),
        ("source_timeout", .value(.duration)),
        ("tick", .value(.duration)),
        ("window", .value(.duration)),
        ("stall", .value(.duration)),
        ("starts", .value(.time)),
        ("hls", .group([("segment", .value(.duration))])),
        ("http", .group([("pass_query", .value(.parameters)), ("origins", .value(.origins))])),
        ("checks", .group([("picture", .value(.flag)), ("sound", .value(.flag)), ("text", .value(.flag))])),
        (
            "health",
            .group([
                ("unhealthy", .value(.conditions)),
                ("legibility", .group([("height", .value(.count)), ("clarity", .value(.count))])),
            ])
        ),
        ("expect", expect),
        ("srt", srt),
        ("multicast", multicast),
        ("limits", limits),
        ("venues", .named("venue", .keyed([("token", .value(.secret))]))),
        ("streams", .named("stream", stream)),
    ])

    private static let expect = Schema.group([
        ("bitrate", .value(.bitrates)),
        ("fps", .value(.rates)),
        ("keyframes", .value(.duration)),
        ("size", .value(.pixels)),
    ])

    private static let limits = Schema.group([
        ("viewers", .value(.count)),
        ("streams", .value(.count)),
        ("undecided", .value(.count)),
        ("reserved", .value(.count)),
        ("memory", .value(.size)),
        ("cpu", .value(.cores)),
        ("send_buffer", .value(.size)),
        ("tape", .value(.size)),
        ("frame", .value(.size)),
        ("bitrate", .value(.bitrate)),
    ])

    private static let srt = Schema.keyed([
        ("listen", .value(.addresses)),
        ("latency", .value(.duration)),
        ("publish_passphrase", .value(.secret)),
        ("play_passphrase", .value(.secret)),
    ])

    private static let multicast = Schema.group([
        ("groups", .value(.groups)),
        ("ports", .value(.ports)),
        ("ttl", .value(.count)),
        ("interface", .value(.interface)),
    ])

    private static let stream = Schema.group([
        ("rtp", rtp),
        ("srt", call),
        ("content", .value(.choice(StreamContent.allCases.map(\.rawValue)))),
        ("expect", expect),
        ("push", .named("destination", push)),
    ])

    private static let rtp = Schema.group([
        ("sdp", .value(.description)),
        ("listen", .value(.address)),
        ("format", .value(.choice(["mpegts"]))),
        ("on_loss", .value(.choice(["hold", "pass"]))),
        ("source", .value(.host)),
        ("interface", .value(.interface)),
    ])

    private static let call = Schema.keyed([
        ("call", .value(.peer)),
        ("streamid", .value(.text)),
        ("passphrase", .value(.secret)),
        ("latency", .value(.duration)),
    ])

    private static let push = Schema.keyed([
        ("to", .value(.destination)),
        ("ttl", .value(.count)),
        ("interface", .value(.interface)),
        ("passphrase", .value(.secret)),
        ("latency", .value(.duration)),
    ])

    /// Paths of the groups a key belongs to, for telling somebody who wrote it in the wrong place.
    func homes(of key: String, under path: [String] = []) -> [[String]] {
        switch self {
        case .value: []
        case .named(let kind, let schema): schema.homes(of: key, under: path + ["<\(kind)>"])
        case .listed(let schema): schema.homes(of: key, under: path)
        case .group(let fields):
            (fields.contains { $0.key == key } ? [path] : [])
                + fields.flatMap { $0.schema.homes(of: key, under: path + [$0.key]) }
        }
    }
}

enum ValueForm: Hashable, Sendable {
    case duration, size, bitrate, address, addresses, networks, names, flag, count, cores, secret, text, file, directory
    case parameters, origins, time, conditions, bitrates, rates, pixels
    case hidden, hours, mailboxes, words
    case ports, groups, host, peer, interface, destination, description
    case choice([String])

    /// Whether several may stand in a list, or in one text with commas between them.
    var mayBeListed: Bool {
        [.addresses, .networks, .names, .conditions, .mailboxes, .words].contains(self)
    }

    /// Completes "write …".
    var example: String {
        switch self {
        case .duration: "a duration such as 10ms, 2s or 1m"
        case .size: "a size such as 256MiB or 10MB"
        case .bitrate: "a bitrate such as 4Mbit/s or 800kbit/s"
        case .address: "an address such as 0.0.0.0:1935, [::]:1935 or 1935"
        case .addresses: "an address such as 0.0.0.0:1935, [::]:1935 or 1935, or a list of such"
        case .networks: "addresses or networks such as 10.0.0.5, 192.168.0.0/16 or 2001:db8::/32"
        case .names: "names of hosts such as live.example.org or *.example.org"
        case .flag: "true or false"
        case .count: "a whole number such as 1000"
        case .cores: "a number of processor cores such as 1.0 or 0.5"
        case .secret: "a key of letters, digits and marks such as - or _"
        case .text: "a word"
        case .hidden: "a text such as a password"
        case .hours: "a time of every day such as 23:00-07:00"
        case .mailboxes: "addresses of mail such as crew@example.org, or a list of such"
        case .words: "a program and its arguments in a list such as [ /usr/local/bin/siren, --loud ]"
        case .parameters: "none, all, or names such as Policy Signature Key-Pair-Id"
        case .time: "a time with its distance from UTC such as 2026-12-05T14:00:00+09:00"
        case .origins: "none, or sites such as https://player.example https://*.example.org"
        case .conditions: "none, or states and faults of streams such as [ stale, black, silent ]"
        case .bitrates: "a range of bitrates such as 2M..8M, 2M.. or ..8M"
        case .rates: "pictures a second such as 25, 24..30 or 24.."
        case .pixels: "a size such as 1920x1080"
        case .file: "the path of a file"
        case .directory: "the path of a directory"
        case .ports: "a range of ports such as 30000-30999"
        case .groups: "a range of multicast groups such as 239.255.42.0/24"
        case .host: "an IP address such as 10.0.0.5"
        case .peer: "a host and a port such as 10.0.0.5:9000"
        case .interface: "an address of this machine such as 192.168.1.2, or eth0"
        case .destination: "an address such as udp://239.1.1.1:5000, rtp://10.0.0.9:5004 or srt://host:9000"
        case .description: "the path of an SDP file, or its text"
        case .choice(let words): words.joined(separator: " or ")
        }
    }
}
