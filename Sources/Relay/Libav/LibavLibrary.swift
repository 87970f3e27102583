internal import CLibav

/// FFmpeg's libraries, which are loaded when they are first used: many relays never do, or not yet.
package enum LibavLibrary {
    /// Loads them on a thread of its own, for whoever will use them soon: it takes some 30 ms.
    package static func loadAhead() {
        self.ahead
    }

    /// The file that is loaded first, as the loader is asked for it; it brings the others.
    package static var name: String { unsafe String(cString: libav_library_name()) }

    private static let ahead: Void = libav_load_ahead()

    static func load() throws(LibavError) {
        if let reason = unsafe libav_load() { throw unsafe .missing(String(cString: reason)) }
    }
}
