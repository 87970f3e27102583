/// What is left of ``AMFLimits`` while one run of values is read.
struct AMFBudget {
    /// What a value that can be referred to adds wherever it stands.
    struct Extent {
        /// The values in it, itself included.
        let values: Int
        /// The objects and arrays inside each other in it, itself included.
        let height: Int
    }

    /// The state before an object or array was entered.
    struct Mark {
        fileprivate let values: Int
        fileprivate let deepest: Int
    }

    let limits: AMFLimits
    private var depth = 0
    private var deepest = 0
    private var values = 0

    init(_ limits: AMFLimits) {
        self.limits = limits
    }

    /// Counts values read.
    mutating func spend(_ count: Int, at offset: Int) throws(AMFError) {
        self.values += count
        guard self.values <= self.limits.values else {
            throw AMFError(.tooManyValues(limit: self.limits.values), at: offset)
        }
    }

    /// Counts what a reference stands for, beyond the one value that it is.
    ///
    /// Without its height, a chain of objects that each refer to the one before would nest as deep as it is long.
    mutating func spend(_ extent: Extent, at offset: Int) throws(AMFError) {
        try self.spend(extent.values - 1, at: offset)
        guard self.depth + extent.height <= self.limits.depth else {
            throw AMFError(.tooDeep(limit: self.limits.depth), at: offset)
        }
        self.deepest = max(self.deepest, self.depth + extent.height)
    }

    /// Goes one object or array deeper.
    mutating func enter(at offset: Int) throws(AMFError) -> Mark {
        let mark = Mark(values: self.values, deepest: self.deepest)
        self.depth += 1
        guard self.depth <= self.limits.depth else {
            throw AMFError(.tooDeep(limit: self.limits.depth), at: offset)
        }
        self.deepest = self.depth
        return mark
    }

    /// Leaves what was entered at that mark.
    mutating func leave(_ mark: Mark) -> Extent {
        let extent = Extent(values: self.values - mark.values + 1, height: self.deepest - self.depth + 1)
        self.depth -= 1
        self.deepest = max(self.deepest, mark.deepest)
        return extent
    }
}
