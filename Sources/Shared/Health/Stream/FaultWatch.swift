import Contract

/// Keeps faults from flickering: one counts after it has been seen for a while, and until it has been gone for a while.
struct FaultWatch: Hashable, Sendable {
    private struct Sighting: Hashable, Sendable {
        var first: Instant
        var last: Instant
        var isActive = false
        var finding: FaultFinding
    }

    private var sightings: [StreamFault: Sighting] = [:]

    func isActive(_ fault: StreamFault) -> Bool { self.sightings[fault]?.isActive ?? false }

    /// Those that have been seen at the last look, whether they count yet or not.
    func isSuspected(_ fault: StreamFault) -> Bool { self.sightings[fault] != nil }

    /// Worst first.
    var active: [(fault: StreamFault, finding: FaultFinding)] {
        StreamFault.allCases.compactMap { fault in
            guard let sighting = self.sightings[fault], sighting.isActive else { return nil }
            return (fault, sighting.finding)
        }
    }

    mutating func update(_ found: [StreamFault: FaultFinding], at now: Instant) {
        for fault in StreamFault.allCases {
            if let finding = found[fault] {
                var sighting = self.sightings[fault] ?? Sighting(first: now, last: now, finding: finding)
                sighting.last = now
                sighting.finding = finding
                sighting.isActive = sighting.isActive || now - sighting.first >= fault.onset
                self.sightings[fault] = sighting
            } else if let sighting = self.sightings[fault],
                !sighting.isActive || now - sighting.last >= StreamFault.relief
            {
                self.sightings[fault] = nil
            }
        }
    }

    mutating func forget(_ faults: [StreamFault]) { for fault in faults { self.sightings[fault] = nil } }

    mutating func forget() { self.sightings = [:] }
}
