internal import CSRT

extension SRTLibrary {
    /// The files that it is looked for in, as the loader is asked for them; the first that is there is taken.
    package static var names: [String] {
        var names: [String] = []
        while let name = unsafe csrt_library_name(CInt(clamping: names.count)) {
            unsafe names.append(String(cString: name))
        }
        return names
    }
}
