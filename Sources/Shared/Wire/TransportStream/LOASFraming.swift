import Media
import NIOCore

/// AAC in LATM: `AudioSyncStream`, ISO/IEC 14496-3 section 1.7.2.
struct LOASFraming: Sendable {
    private var latm = LATMReader(isInBand: true)
    /// The last element that said how it and those behind it are made.
    private(set) var configuring: ByteBuffer?

    init() {}

    /// One that goes on behind such an element.
    init(behind configuring: ByteBuffer?) {
        guard let configuring, (try? self.latm.read(configuring)) != nil else { return }
        self.configuring = configuring
    }

    mutating func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        let start = bytes.readerIndex
        guard let word = bytes.getInteger(at: start, as: UInt16.self),
            let low = bytes.getInteger(at: start + 2, as: UInt8.self)
        else { return .incomplete }
        guard Self.isSync(word) else {
            bytes.skipToSync(Self.isSync)
            return .skipped
        }
        let size = Int(word & 0x1F) << 8 | Int(low)
        guard let element = bytes.getSlice(at: start + 3, length: size) else { return .incomplete }
        bytes.moveReaderIndex(forwardBy: 3 + size)
        guard let payloads = try? self.latm.read(element), let mux = self.latm.mux else { return .skipped }
        if Self.isConfiguring(element) { self.configuring = ByteBuffer(bytes: element.readableBytesView) }
        // An element may have several frames.
        let frames = payloads.filter { $0.readableBytes > 0 }.map { payload in
            AudioFrame(
                payload: payload,
                samples: mux.frameLength,
                rate: mux.coreSampleRate,
                configuration: mux.configuration
            )
        }
        return frames.isEmpty ? .skipped : .frames(frames)
    }

    /// `useSameStreamMux` is the first bit, and not set.
    private static func isConfiguring(_ element: ByteBuffer) -> Bool {
        element.getInteger(at: element.readerIndex, as: UInt8.self).map { $0 & 0x80 == 0 } ?? false
    }

    private static func isSync(_ word: UInt16) -> Bool { word & 0xFFE0 == 0x56E0 }
}
