import Contract
import Logging
import Media
import Relay
import Wire

/// A publisher on air: what it sends, on the way to its stream.
struct Publication {
    let stream: Relay.Stream
    let source: SourceID
    private var decoder = MediaTagDecoder()
    private var faults: FaultCounter

    init(stream: Relay.Stream, source: SourceID, log: Logger) {
        self.stream = stream
        self.source = source
        self.faults = FaultCounter(log: log)
    }

    /// The events in a batch of messages; a message that cannot be read is left out and counted.
    mutating func read(_ tags: [FLVTag], now: Now) -> [SourceEvent] {
        var events: [SourceEvent] = []
        events.reserveCapacity(tags.count)
        for tag in tags {
            if tag.kind == .script, let encoder = Self.encoder(in: tag) {
                self.stream.describe(self.source, encoder: encoder)
            }
            do throws(FLVError) {
                events += try self.decoder.decode(tag)
            } catch {
                self.faults.note("\(error)", now: now)
            }
        }
        return events
    }

    /// What the encoder calls itself in `onMetaData`, fit for a line of a log.
    private static func encoder(in tag: FLVTag) -> String? {
        guard let values = try? AMF0Decoder.decodeAll(tag.body), values.first?.string == "onMetaData",
            let name = values.dropFirst().first?.object?["encoder"]?.string, !name.isEmpty
        else { return nil }
        return String(
            name.unicodeScalars.filter { !$0.properties.isNoncharacterCodePoint && $0.value >= 32 }.prefix(100)
        )
    }
}

/// Faults of one peer: counted, and said at most once a second.
struct FaultCounter {
    private(set) var count = 0
    private var lastSaid = Int64.min
    private let log: Logger

    init(log: Logger) {
        self.log = log
    }

    mutating func note(_ fault: String, now: Now) {
        self.count += 1
        guard self.lastSaid == .min || now.monotonic - self.lastSaid >= 1_000_000 else { return }
        self.lastSaid = now.monotonic
        self.log.warning("message left out", metadata: ["cause": "\(fault)", "so far": "\(self.count)"])
    }
}
