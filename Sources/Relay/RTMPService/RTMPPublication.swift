import Admission
import Contract
import Logging
import Media
import Sessions
import Streams
import Wire

/// An RTMP publisher on air: what it sends, on the way to its stream.
struct RTMPPublication {
    let onAir: OnAir
    var decoder = MediaTagDecoder()
    private var faults: FaultCounter
    /// Access units without a configuration that have been told.
    var told: UInt64 = 0

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
                let omission = error.omission(from: tag.kind)
                events.append(.omission(omission))
                self.faults.note("\(error)", lasting: omission.reason.lasts, now: now)
            }
        }
        if let omission = self.undecodable() { events.append(.omission(omission)) }
        return events
    }

    /// Ends what it sends: what waits for more goes out.
    mutating func end(now: Now) {
        let events = self.decoder.flush()
        if !events.isEmpty { _ = self.onAir.publish(events, now: now) }
    }

    /// Access units without a configuration that an encoder may begin with: nobody misses the first second of a source.
    private static let unconfigured: UInt64 = 100

    /// What is left out because nothing says how it is coded.
    private mutating func undecodable() -> MediaOmission? {
        let dropped = self.decoder.droppedBeforeConfiguration
        guard dropped > self.told, dropped >= Self.unconfigured else { return nil }
        self.told = dropped
        return MediaOmission(
            .data,
            codec: "unconfigured",
            reason: .malformed,
            sentence: "Part of what the source sends is left out because its sequence header never came, without which "
                + "nobody can decode it: restart the encoder."
        )
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
