import Linux

/// What a connection is waited for. Every kind has one length, so that deadlines of a kind come due in the
/// order in which they were set.
enum DoorDeadline: Int, CaseIterable {
    case head, decision, wait, farewell

    func length(_ limits: FrontDoorLimits) -> Duration {
        switch self {
        case .head: limits.head
        case .decision: limits.decision
        case .wait: limits.wait
        case .farewell: limits.farewell
        }
    }
}

/// Deadlines of connections, the earliest of each kind in front. One that was replaced stays in its queue until it
/// comes due; the connection tells that it is not its own any more.
struct DeadlineQueue {
    struct Entry: Hashable {
        let instant: MonotonicInstant
        let connection: UInt64
    }

    private struct Line {
        var entries: [Entry] = []
        var first = 0

        var front: Entry? { self.first < self.entries.count ? self.entries[self.first] : nil }

        mutating func dropFront() {
            self.first += 1
            // The room of what is gone is given back once it is the greater part.
            guard self.first > 64, self.first * 2 > self.entries.count else { return }
            self.entries.removeFirst(self.first)
            self.first = 0
        }
    }

    private var lines = DoorDeadline.allCases.map { _ in Line() }

    var next: MonotonicInstant? { self.lines.compactMap(\.front?.instant).min() }

    mutating func append(_ entry: Entry, for kind: DoorDeadline) {
        self.lines[kind.rawValue].entries.append(entry)
    }

    /// Takes one that has come due.
    mutating func take(now: MonotonicInstant) -> Entry? {
        for index in self.lines.indices {
            guard let front = self.lines[index].front, front.instant <= now else { continue }
            self.lines[index].dropFront()
            return front
        }
        return nil
    }
}
