import Encodings

extension HTTPRequest {
    /// Whether a person's browser opens the address as a page. Players, hls.js and `<video>` ask in other ways.
    ///
    /// Browsers say what they do (W3C Fetch Metadata), but over plain HTTP to this machine alone; elsewhere a wish for HTML
    /// before all else betrays them.
    package var isNavigation: Bool {
        guard self.method == .get || self.method == .head, self.range == nil else { return false }
        if let mode = self.values(of: "sec-fetch-mode").first { return mode == "navigate" }
        guard self.values(of: "sec-fetch-dest").isEmpty else { return false }
        let wish = self.values(of: "accept").first?.halves(at: ",").before.halves(at: ";").before ?? ""
        return wish.lowercased() == "text/html"
    }

    /// The headers on which ``isNavigation`` depends, for caches.
    package static let navigationHeaders = "Accept, Range, Sec-Fetch-Dest, Sec-Fetch-Mode"
}
