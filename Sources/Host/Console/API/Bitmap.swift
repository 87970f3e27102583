import Contract

/// A still as a file that every browser shows (BMP, 24 bits a pixel). It is made here of samples that were counted, so that nothing
/// of what a relay sends is read as a file.
enum Bitmap {
    static let contentType = "image/bmp"

    private static let headers = 54
    private static let bytesPerPixel = 3

    /// A colour difference of none, which is 128, as six bits of it say it.
    private static let grey = 130

    /// Nil where it is not what it says.
    static func file(_ still: StillView) -> [UInt8]? {
        guard let samples = still.samples else { return nil }
        let (width, height) = (still.width, still.height)
        // Rows begin at multiples of four bytes.
        let padding = (4 - width * Self.bytesPerPixel % 4) % 4
        let size = Self.headers + (width * Self.bytesPerPixel + padding) * height
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        func put(_ value: Int, _ count: Int) {
            for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
        bytes += [UInt8(ascii: "B"), UInt8(ascii: "M")]
        put(size, 4)
        put(0, 4)
        put(Self.headers, 4)
        put(40, 4)
        put(width, 4)
        put(height, 4)
        put(1, 2)
        put(8 * Self.bytesPerPixel, 2)
        for _ in 0..<6 { put(0, 4) }
        let columns = StillView.half(width)
        // The lowest row comes first.
        for row in (0..<height).reversed() {
            for column in 0..<width {
                let place = row / 2 * columns + column / 2
                let blue = samples.blue.isEmpty ? 0 : Int(samples.blue[place]) - Self.grey
                let red = samples.red.isEmpty ? 0 : Int(samples.red[place]) - Self.grey
                bytes += Self.pixel(Int(samples.luma[row * width + column]), blue, red)
            }
            put(0, padding)
        }
        return bytes
    }

    /// Blue, green and red of brightness and colour differences (BT.709, colour in its narrow range).
    private static func pixel(_ luma: Int, _ blue: Int, _ red: Int) -> [UInt8] {
        [
            UInt8(clamping: luma + blue * 2112 / 1000), UInt8(clamping: luma - blue * 213 / 1000 - red * 533 / 1000),
            UInt8(clamping: luma + red * 1793 / 1000),
        ]
    }
}
