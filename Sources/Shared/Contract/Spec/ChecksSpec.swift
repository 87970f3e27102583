/// What a relay looks into of what it carries. Both cost some processor time for each stream.
package struct ChecksSpec: Hashable, Sendable, Codable {
    /// Whether keyframes are decoded now and then.
    package let picture: Bool

    /// Whether some of the sound is decoded.
    package let sound: Bool

    /// Whether text is looked for in the keyframes that are decoded.
    package let text: Bool

    package static let standard = ChecksSpec(picture: true, sound: true, text: true)

    package init(picture: Bool, sound: Bool, text: Bool) {
        self.picture = picture
        self.sound = sound
        self.text = text
    }
}

/// What a stream shows: whether a picture that stands still is a fault.
package enum StreamContent: String, Hashable, Sendable, Codable, CaseIterable {
    /// A picture that stands still is frozen.
    case camera
    /// A picture may stand still for as long as it likes.
    case slides
    /// One that has moved all the time and stands still is frozen; one that stood before may do so again.
    case auto
}
