/// What is left of ``AMFLimits`` while one run of values is read.
struct AMFBudget {
    let limits: AMFLimits
    private var depth = 0
    private(set) var values = 0

    init(_ limits: AMFLimits) {
        self.limits = limits
    }

    /// Counts values read or referred to.
    mutating func spend(_ count: Int, at offset: Int) throws(AMFError) {
        self.values += count
        guard self.values <= self.limits.values else {
            throw AMFError(.tooManyValues(limit: self.limits.values), at: offset)
        }
    }

    /// Goes one object or array deeper; every caller leaves it again, or throws the whole run away.
    mutating func enter(at offset: Int) throws(AMFError) {
        self.depth += 1
        guard self.depth <= self.limits.depth else {
            throw AMFError(.tooDeep(limit: self.limits.depth), at: offset)
        }
    }

    mutating func leave() { self.depth -= 1 }
}
