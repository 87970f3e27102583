/// Tells a picture that is frozen from one that stands by its nature, as a slide does: from whether it moved all the time before.
package struct StandstillMeter: Hashable, Sendable {
    /// Keyframes that are remembered.
    private static let memory = 64
    /// So many in a row must have moved just before a standstill.
    private static let streak = 4
    /// And this share of all that are remembered.
    private static let share = 0.8

    /// Whether each keyframe before the present standstill differed from the one before it, oldest first.
    private var moves: [Bool] = []
    /// Keyframes in a row that repeat the one before.
    package private(set) var repeats = 0
    /// When the picture that repeats came first, µs; nil while it moves.
    package private(set) var since: Int64?
    private var last: Int64?
    private var isFrozen = false

    package init() {}

    /// Notes the first keyframe.
    package mutating func begin(at time: Int64) { self.last = time }

    /// Notes a keyframe that differs from the one before or repeats it; `time` is when it came, µs.
    package mutating func note(isRepeat: Bool, at time: Int64) {
        defer { self.last = time }
        guard isRepeat else {
            // What was a fault is no habit of the stream's.
            if !self.isFrozen { self.moves += Array(repeating: false, count: min(self.repeats, Self.memory)) }
            self.moves.append(true)
            self.moves = Array(self.moves.suffix(Self.memory))
            (self.repeats, self.since, self.isFrozen) = (0, nil, false)
            return
        }
        self.repeats += 1
        self.since = self.since ?? self.last ?? time
        self.isFrozen = self.movedBefore
    }

    /// Whether the picture moved all the time before it stood still, as a camera's does.
    package var movedBefore: Bool {
        guard self.moves.count >= Self.streak, self.moves.suffix(Self.streak).allSatisfy(\.self) else { return false }
        return Double(self.moves.count(where: \.self)) >= Self.share * Double(self.moves.count)
    }
}
