import Contract
import Logging
import Media
import Relay
import Wire

/// An RTMP publisher on air: what it sends, on the way to its stream.
struct Publication {
    let onAir: OnAir
    private var decoder = MediaTagDecoder()
    private var faults: FaultCounter

    init(onAir: OnAir, log: Logger) {
        self.onAir = onAir
        self.faults = FaultCounter(log: log)
    }

    /// The events in a batch of messages; a message that cannot be read is left out and counted.
    mutating func read(_ tags: [FLVTag], now: Now) -> [SourceEvent] {
        var events: [SourceEvent] = []
        events.reserveCapacity(tags.count)
        for tag in tags {
            if tag.kind == .script, let encoder = Self.encoder(in: tag) {
                self.onAir.describe(encoder: encoder)
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
