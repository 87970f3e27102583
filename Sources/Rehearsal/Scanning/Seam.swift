/// Keeps what a scanner left unused, and shows it again in front of what comes next.
struct Seam: Sendable {
    private var held: [UInt8] = []

    /// Hands bytes to `scan`, whose result says how many of those it was shown it has used.
    mutating func feed(
        _ bytes: Span<UInt8>,
        lookahead: Int,
        to scan: (Span<UInt8>) throws(ScanError) -> Int
    ) throws(ScanError) {
        var start = 0
        while !self.held.isEmpty {
            // With this much in front of it, a scanner gets past what was held.
            let end = min(start + lookahead, bytes.count)
            let kept = self.held.count
            for index in start..<end { self.held.append(bytes[index]) }
            let used = try scan(self.held.span)
            if used >= kept {
                start += used - kept
                self.held.removeAll(keepingCapacity: true)
            } else {
                self.held.removeFirst(used)
                start = end
                guard start < bytes.count else { return }
            }
        }
        guard start < bytes.count else { return }
        let used = try scan(bytes.extracting(start..<bytes.count))
        for index in start + used..<bytes.count { self.held.append(bytes[index]) }
    }
}
