import Contract

/// Something that can be wrong, of a kind whose cases are listed worst first.
protocol WatchedFault: Hashable, Sendable, CaseIterable {
    /// How long it must be seen before it counts.
    var onset: Duration { get }

    /// How long it must be gone before it is forgotten.
    static var relief: Duration { get }
}

/// Keeps faults from flickering: one counts after it has been seen for a while, and until it has been gone for a while.
struct FaultWatch<Fault: WatchedFault, Finding: Hashable & Sendable>: Hashable, Sendable {
    private struct Sighting: Hashable, Sendable {
        var first: Instant
        var last: Instant
        var isActive = false
        var finding: Finding
    }

    private var sightings: [Fault: Sighting] = [:]

    func isActive(_ fault: Fault) -> Bool { self.sightings[fault]?.isActive ?? false }

    /// Those that have been seen at the last look, whether they count yet or not.
    func isSuspected(_ fault: Fault) -> Bool { self.sightings[fault] != nil }

    /// Worst first, each with when it was first seen.
    var active: [(fault: Fault, finding: Finding, since: Instant)] {
        Fault.allCases.compactMap { fault in
            guard let sighting = self.sightings[fault], sighting.isActive else { return nil }
            return (fault, sighting.finding, sighting.first)
        }
    }

    mutating func update(_ found: [Fault: Finding], at now: Instant) {
        for fault in Fault.allCases {
            if let finding = found[fault] {
                var sighting = self.sightings[fault] ?? Sighting(first: now, last: now, finding: finding)
                sighting.last = now
                sighting.finding = finding
                sighting.isActive = sighting.isActive || now - sighting.first >= fault.onset
                self.sightings[fault] = sighting
            } else if let sighting = self.sightings[fault],
                !sighting.isActive || now - sighting.last >= Fault.relief
            {
                self.sightings[fault] = nil
            }
        }
    }

    mutating func forget(_ faults: [Fault]) { for fault in faults { self.sightings[fault] = nil } }

    mutating func forget() { self.sightings = [:] }
}
