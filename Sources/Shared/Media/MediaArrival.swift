/// What came of a source's media beside the events that were made of it: a large picture takes seconds on a slow line, and its
/// source is not silent meanwhile.
///
/// Media alone counts. What keeps a connection or fills it up is none: pings, acknowledgements, reports, null packets, tables,
/// metadata.
package struct MediaArrival: Hashable, Sendable {
    /// Bytes of a picture came whose end has not come.
    package var picture = false
    /// Bytes of a frame of sound, or of several in one unit, came whose end has not come.
    package var sound = false
    /// A unit came to its end of which nothing is used: it is held back after a loss, lacks a part or its configuration.
    package var unused = false

    package init() {}

    package var isEmpty: Bool { !self.picture && !self.sound && !self.unused }

    /// Whether bytes of an unfinished unit of that kind came.
    package subscript(kind: TrackKind) -> Bool {
        get {
            switch kind {
            case .video: self.picture
            case .audio: self.sound
            }
        }
        set {
            switch kind {
            case .video: self.picture = newValue
            case .audio: self.sound = newValue
            }
        }
    }

    package mutating func formUnion(_ other: MediaArrival) {
        self.picture = self.picture || other.picture
        self.sound = self.sound || other.sound
        self.unused = self.unused || other.unused
    }

    /// All there is to tell; what comes from now on is told the next time.
    package mutating func take() -> MediaArrival {
        defer { self = MediaArrival() }
        return self
    }
}
