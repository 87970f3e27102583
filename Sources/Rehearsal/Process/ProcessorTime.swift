/// Processor time that processes have used so far, and how often they were switched away from.
struct ProcessorTime: Hashable, Sendable {
    /// In user mode and in the kernel, µs. The kernel counts them in steps of 10 ms.
    var user = 0
    var system = 0
    /// Both together, µs, as the scheduler counts it: exact, but without threads that have ended.
    var scheduled = 0
    /// In which threads that could have gone on waited because others had the processors, µs.
    var waited = 0
    var threads: Set<Int> = []
    var voluntarySwitches = 0
    var involuntarySwitches = 0

    /// `USER_HZ`, which is 100 on every Linux there is (time(7)).
    private static let microsecondsPerTick = 10_000

    static func sample(_ processes: [Int]) -> ProcessorTime {
        var sum = ProcessorTime()
        for process in ProcessTree.members(of: processes) { sum.add(process) }
        return sum
    }

    private mutating func add(_ process: Int) {
        guard let stat = ProcessTree.text("/proc/\(process)/stat"), let name = stat.lastIndex(of: ")") else { return }
        // After the name in brackets, which may hold anything, utime and stime are the 12th and 13th field.
        let fields = Array(stat[name...].split(separator: " ").dropFirst())
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return }
        self.user += user * Self.microsecondsPerTick
        self.system += system * Self.microsecondsPerTick
        for thread in ProcessTree.threads(of: process) {
            let place = "/proc/\(process)/task/\(thread)"
            self.threads.insert(thread)
            let schedule = ProcessTree.text("\(place)/schedstat")?.split(separator: " ").map { Int($0) ?? 0 } ?? []
            self.scheduled += (schedule.first ?? 0) / 1000
            self.waited += (schedule.dropFirst().first ?? 0) / 1000
            let status = ProcessTree.text("\(place)/status") ?? ""
            self.voluntarySwitches += ProcessTree.number("voluntary_ctxt_switches", in: status) ?? 0
            self.involuntarySwitches += ProcessTree.number("nonvoluntary_ctxt_switches", in: status) ?? 0
        }
    }

    /// How much of the time since an earlier sample in which threads could have run others had the processors, 0…1; nil where
    /// threads have ended meanwhile, or none could have.
    func waitingShare(since earlier: ProcessorTime) -> Double? {
        let waited = self.waited - earlier.waited
        let used = self.scheduled - earlier.scheduled
        guard earlier.threads.isSubset(of: self.threads), waited >= 0, used >= 0, waited + used > 0 else { return nil }
        return Double(waited) / Double(waited + used)
    }

    /// Time used since an earlier sample: user and system, µs.
    ///
    /// The scheduler's exact sum is divided as the coarse counters divide it, unless threads have ended meanwhile.
    func since(_ earlier: ProcessorTime) -> (user: Double, system: Double) {
        let user = Double(self.user - earlier.user)
        let system = Double(self.system - earlier.system)
        let exact = Double(self.scheduled - earlier.scheduled)
        guard earlier.threads.isSubset(of: self.threads), exact > 0 else { return (user, system) }
        // A process that used less than a step or two: its whole life says how it divides its time.
        let basis = user + system >= 50_000 ? (user, system) : (Double(self.user), Double(self.system))
        let whole = basis.0 + basis.1
        guard whole > 0 else { return (0, exact) }
        return (exact * basis.0 / whole, exact * basis.1 / whole)
    }
}
