import Synchronization

/// Every access unit that a publisher has sent, in order.
final class SentUnits: Sendable {
    private let units = Mutex<[AccessUnit.Track: [AccessUnit]]>([:])

    func append(_ unit: AccessUnit) {
        self.units.withLock { $0[unit.track, default: []].append(unit) }
    }

    func count(_ track: AccessUnit.Track) -> Int { self.units.withLock { $0[track]?.count ?? 0 } }

    /// Nil where none with that number has been sent yet.
    func unit(_ number: Int, _ track: AccessUnit.Track) -> AccessUnit? {
        self.units.withLock { units in
            let all = units[track] ?? []
            return all.indices.contains(number) ? all[number] : nil
        }
    }

    /// Which one a unit is, the newest first; no two are alike.
    func number(of unit: AccessUnit) -> Int? {
        self.units.withLock { $0[unit.track]?.lastIndex { $0.bytes == unit.bytes } }
    }
}

/// Holds what a viewer gets against what was sent: from the first on each unit once, in order, and at its time.
struct UnitCheck: Sendable {
    /// ms that a format's clock may round by.
    private static let tolerance = 2.0

    private let sent: SentUnits
    /// Number of the unit that each track began with, and of the one that comes next.
    private(set) var first: [AccessUnit.Track: Int] = [:]
    private(set) var next: [AccessUnit.Track: Int] = [:]
    /// ms from the publisher's clock to the format's.
    private var shift: [AccessUnit.Track: Double] = [:]

    init(_ sent: SentUnits) {
        self.sent = sent
    }

    mutating func take(_ unit: AccessUnit) throws(UnitError) {
        guard let next = self.next[unit.track] else { return try self.join(unit) }
        guard let expected = self.sent.unit(next, unit.track), expected.bytes == unit.bytes else {
            throw UnitError("\(unit.track.rawValue) \(next) should come, but \(self.name(of: unit, instead: next)) did")
        }
        let drift = unit.time - expected.time - (self.shift[unit.track] ?? 0)
        guard abs(drift) <= Self.tolerance else {
            throw UnitError("\(unit.track.rawValue) \(next) is \(drift) ms off its time")
        }
        self.next[unit.track] = next + 1
    }

    private mutating func join(_ unit: AccessUnit) throws(UnitError) {
        guard let number = self.sent.number(of: unit), let original = self.sent.unit(number, unit.track) else {
            throw UnitError("the first \(unit.track.rawValue), \(unit.bytes.count) bytes, is none that was sent")
        }
        self.first[unit.track] = number
        self.next[unit.track] = number + 1
        self.shift[unit.track] = unit.time - original.time
    }

    private func name(of unit: AccessUnit, instead next: Int) -> String {
        if let number = self.sent.number(of: unit) { return "\(number)" }
        guard let expected = self.sent.unit(next, unit.track) else { return "one before anything was sent" }
        let place = zip(unit.bytes, expected.bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let sizes = "\(unit.bytes.count) bytes instead of \(expected.bytes.count)"
        return
            "one that nobody sent: \(sizes), other from byte \(place ?? min(unit.bytes.count, expected.bytes.count)) on"
    }
}
