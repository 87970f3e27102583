import Synchronization

/// How often the API has turned somebody away, by reason.
final class RefusalCount: Sendable {
    private let counts = Mutex<[ApiProblem.Code: UInt64]>([:])

    /// The reasons that are counted, in the order they are shown in.
    static let counted: [ApiProblem.Code] = [
        .tokenMissing, .tokenWrong, .crossSite, .codeWrong, .tooManyAttempts, .notOwner, .notServedHere,
    ]

    func note(_ code: ApiProblem.Code) {
        guard Self.counted.contains(code) else { return }
        self.counts.withLock { $0[code, default: 0] += 1 }
    }

    var all: [(reason: String, count: UInt64)] {
        self.counts.withLock { counts in Self.counted.map { ($0.rawValue, counts[$0] ?? 0) } }
    }
}
