/// The shape of a generated stream's pictures.
package struct PictureFormat: Hashable, Sendable {
    /// Pixels; even numbers, as 4:2:0 sampling needs.
    package var width: Int
    package var height: Int
    package var framesPerSecond: Int

    package init(width: Int, height: Int, framesPerSecond: Int) {
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }

    /// Width and height in macroblocks of 16 × 16 pixels.
    var columns: Int { (self.width + 15) / 16 }
    var rows: Int { (self.height + 15) / 16 }

    /// level_idc: the lowest that allows the size and rate of the pictures (ITU-T H.264 table A-1: MaxFS, MaxMBPS).
    var level: UInt8 {
        let levels: [(level: UInt8, size: Int, rate: Int)] = [
            (13, 396, 11_880), (21, 792, 19_800), (30, 1620, 40_500), (31, 3600, 108_000), (32, 5120, 216_000),
            (40, 8192, 245_760), (42, 8704, 522_240), (51, 36_864, 983_040), (52, 36_864, 2_073_600),
        ]
        let size = self.columns * self.rows
        let fitting = levels.first { size <= $0.size && size * self.framesPerSecond <= $0.rate }
        return fitting?.level ?? 62
    }
}
