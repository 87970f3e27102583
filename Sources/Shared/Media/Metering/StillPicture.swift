/// A picture as far as a check looks at it: brightness and colour at places on a grid, which are spread evenly over it.
package struct StillPicture: Hashable, Sendable {
    /// The most places across and down.
    package static let columns = 160
    package static let rows = 90

    /// Pixels of the picture itself.
    package let width: Int
    package let height: Int

    /// Brightness, row by row: 0 is black and 255 white, whatever range the coding uses.
    package let luma: [UInt8]

    /// Colour differences at fewer places, 128 is grey; both empty where there is no colour.
    package let blue: [UInt8]
    package let red: [UInt8]

    package init(width: Int, height: Int, luma: [UInt8], blue: [UInt8] = [], red: [UInt8] = []) {
        self.width = width
        self.height = height
        self.luma = luma
        self.blue = blue
        self.red = red
    }
}
