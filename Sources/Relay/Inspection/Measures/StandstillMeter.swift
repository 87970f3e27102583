/// Tells a picture that is frozen from one that stands by its nature, as a slide does: from whether it moved all the time before.
///
/// Where a camera gives way to slides, the first of them looks frozen until the next. A camera that was frozen moves on; where the
/// picture changes and stands again, the standstill before was a slide, and is remembered as one.
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
    /// Repeats of a standstill that was called frozen, for as long as the picture has not moved as a camera's does again.
    private var doubted = 0
    /// Moves in a row since that standstill.
    private var movesSince = 0

    package init() {}

    /// Notes the first keyframe.
    package mutating func begin(at time: Int64) { self.last = time }

    /// Notes a keyframe that differs from the one before or repeats it; `time` is when it came, µs.
    package mutating func note(isRepeat: Bool, at time: Int64) {
        defer { self.last = time }
        guard isRepeat else { return self.noteMove() }
        // It changed for a picture or a few, and stands again.
        if self.repeats == 0, self.doubted > 0 {
            self.remember(standstill: self.doubted)
            self.doubted = 0
        }
        self.repeats += 1
        self.since = self.since ?? self.last ?? time
        self.isFrozen = self.movedBefore
    }

    private mutating func noteMove() {
        if self.isFrozen {
            // What was a fault is no habit of the stream's.
            (self.doubted, self.movesSince) = (self.repeats, 0)
        } else {
            self.remember(standstill: self.repeats)
        }
        self.movesSince += 1
        if self.movesSince >= Self.streak { self.doubted = 0 }
        self.moves.append(true)
        self.moves = Array(self.moves.suffix(Self.memory))
        (self.repeats, self.since, self.isFrozen) = (0, nil, false)
    }

    private mutating func remember(standstill repeats: Int) {
        self.moves += Array(repeating: false, count: min(repeats, Self.memory))
        self.moves = Array(self.moves.suffix(Self.memory))
    }

    /// Whether the picture moved all the time before it stood still, as a camera's does.
    package var movedBefore: Bool {
        guard self.moves.count >= Self.streak, self.moves.suffix(Self.streak).allSatisfy(\.self) else { return false }
        return Double(self.moves.count(where: \.self)) >= Self.share * Double(self.moves.count)
    }
}
