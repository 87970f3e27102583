package import Media

/// What a still says: how bright it is, how much there is to be seen, and how far it differs from another.
package struct PictureFigures: Hashable, Sendable {
    /// 0 is black, 255 white.
    package let meanLuma: Double

    /// The standard deviation of brightness.
    package let spread: Double

    /// The share of places that are as good as black.
    package let darkShare: Double

    /// The share of places that have the commonest brightness, or one next to it.
    package let commonShare: Double

    /// The standard deviation of the colour that varies more.
    package let colourSpread: Double

    /// What is no brighter than this is as good as black: 20 on a scale of 16...235.
    private static let dark = 5

    package init(_ still: StillPicture) {
        var counts = [Int](repeating: 0, count: 256)
        for value in still.luma { counts[Int(value)] += 1 }
        let total = Double(max(still.luma.count, 1))
        (self.meanLuma, self.spread) = Self.moments(still.luma)
        self.darkShare = Double(counts[...Self.dark].reduce(0, +)) / total
        let commonest = counts.indices.map { counts[max($0 - 1, 0)...min($0 + 1, 255)].reduce(0, +) }.max() ?? 0
        self.commonShare = Double(commonest) / total
        self.colourSpread = max(Self.moments(still.blue).spread, Self.moments(still.red).spread)
    }

    /// Nothing but black: 98 of 100 places are. A dark stage has lights, and what the camera makes of darkness.
    package var isBlack: Bool { self.darkShare >= 0.98 && self.meanLuma <= 4 && self.spread <= 8 }

    /// Nothing but one colour, which is not black.
    package var isFlat: Bool {
        !self.isBlack && self.commonShare >= 0.995 && self.spread <= 2 && self.colourSpread <= 2
    }

    private static func moments(_ values: [UInt8]) -> (mean: Double, spread: Double) {
        guard !values.isEmpty else { return (0, 0) }
        let mean = Double(values.reduce(0) { $0 + Int($1) }) / Double(values.count)
        let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
        return (mean, variance.squareRoot())
    }
}

extension StillPicture {
    /// The mean difference of brightness from another still, and the largest mean of a block of it; nil where their sizes differ.
    package func difference(from other: StillPicture) -> PictureDifference? {
        guard self.width == other.width, self.height == other.height, self.luma.count == other.luma.count,
            !self.luma.isEmpty
        else { return nil }
        let columns = min(Self.columns, self.width)
        let across = (columns + PictureDifference.block - 1) / PictureDifference.block
        var sums = [Int](repeating: 0, count: across * (self.luma.count / columns / PictureDifference.block + 1))
        var sum = 0
        for index in self.luma.indices {
            let difference = abs(Int(self.luma[index]) - Int(other.luma[index]))
            sum += difference
            let (row, column) = index.quotientAndRemainder(dividingBy: columns)
            sums[row / PictureDifference.block * across + column / PictureDifference.block] += difference
        }
        let area = Double(PictureDifference.block * PictureDifference.block)
        return PictureDifference(
            mean: Double(sum) / Double(self.luma.count),
            largest: Double(sums.max() ?? 0) / area
        )
    }
}

/// How far two stills differ in brightness, of 255.
package struct PictureDifference: Hashable, Sendable {
    /// Places across and down one block.
    static let block = 8

    package let mean: Double
    /// Of the block that differs most.
    package let largest: Double

    /// Whether one picture was coded twice: an encoder that is short of bits does not code it quite alike.
    package var isRepeat: Bool { self.mean <= 0.7 && self.largest <= 4 }
}
