import NIOCore

/// A message of supplemental enhancement information that says that decoders recover from its picture on (ITU-T H.264
/// section D.1.8, H.265 section D.2.8). It is all that pictures have to tell where a decoder may start which are refreshed
/// column by column, and of H.264 those of an open group.
enum RecoveryPoint {
    /// `payloadType`, of both codings.
    private static let kind = 6

    /// Whether one is among the messages of a unit (H.264 section 7.3.2.3.1, H.265 section 7.3.5).
    static func stands(in sample: ByteBuffer, message: Range<Int>, header: Int) -> Bool {
        var index = message.lowerBound + header
        // The last byte is the stop bit.
        while index < message.upperBound - 1 {
            guard let kind = Self.codedNumber(sample, &index, message.upperBound),
                let size = Self.codedNumber(sample, &index, message.upperBound)
            else { return false }
            if kind == Self.kind { return true }
            guard size < message.upperBound - index else { return false }
            index += size
        }
        return false
    }

    /// Bytes of 255 and one that is less, added up.
    private static func codedNumber(_ sample: ByteBuffer, _ index: inout Int, _ end: Int) -> Int? {
        var sum = 0
        while index < end, let byte = sample.getInteger(at: index, as: UInt8.self) {
            index += 1
            sum += Int(byte)
            if byte < 255 { return sum }
        }
        return nil
    }
}
