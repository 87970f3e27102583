import Media
import NIOCore

/// Reads AudioMuxElements (LATM, ISO/IEC 14496-3 section 1.7.3.1), by whatever they come.
struct LATMReader: Sendable {
    /// How elements are made; nil until one or a description says so.
    private(set) var mux: LATMStreamMux?

    /// Whether elements say it themselves (`muxConfigPresent`).
    private let isInBand: Bool

    init(isInBand: Bool) {
        self.isInBand = isInBand
    }

    /// Takes a StreamMuxConfig from elsewhere; one that cannot be read changes nothing.
    mutating func configure(_ config: ByteBuffer) {
        var reader = BitReader(config, of: "StreamMuxConfig")
        if let mux = try? LATMStreamMux(&reader) { self.mux = mux }
    }

    /// The payloads of an element, one for each frame; none while it is not known how it is made.
    mutating func read(_ element: ByteBuffer) throws(CodecError) -> [ByteBuffer] {
        var reader = BitReader(element, of: "AudioMuxElement")
        if self.isInBand, try !reader.flag("useSameStreamMux") { self.mux = try LATMStreamMux(&reader) }
        guard let mux = self.mux else { return [] }
        var payloads: [ByteBuffer] = []
        for _ in 0..<mux.subframes { payloads.append(try mux.payload(&reader)) }
        return payloads
    }
}
