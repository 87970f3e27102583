/// How long the threads of a process have been able to run and waited for a processor (`schedstat` and `stat` in `/proc`,
/// sched-stats.rst, proc_pid_stat(5)).
package struct ProcessorWait: Hashable, Sendable {
    private struct Thread: Hashable, Sendable {
        /// Since its start, nanoseconds. What it waits just now is counted once it runs.
        let waited: UInt64
        /// How often it was given a processor.
        let turns: UInt64
        let couldRun: Bool

        init?(_ schedule: String, _ stat: String) {
            let words = schedule.split { $0 == " " || $0 == "\n" }
            guard words.count > 2, let waited = UInt64(words[1]), let turns = UInt64(words[2]) else { return nil }
            self.waited = waited
            self.turns = turns
            // The second field is the thread's name and may hold anything.
            let state = stat.lastIndex(of: ")").map { stat[$0...].dropFirst().first { $0 != " " } }
            self.couldRun = state == "R"
        }
    }

    private let threads: [String: Thread]

    /// Nil where there is no such process, or a kernel that does not count.
    package init?(of pid: Int32) {
        guard let names = try? Directory.entries(of: "/proc/\(pid)/task") else { return nil }
        var texts: [String: (schedule: String, stat: String)] = [:]
        for name in names {
            let folder = "/proc/\(pid)/task/\(name)"
            // One that has just ended has no files any more.
            guard let schedule = try? SmallFile.read("\(folder)/schedstat"),
                let stat = try? SmallFile.read("\(folder)/stat")
            else { continue }
            texts[name] = (schedule, stat)
        }
        self.init(texts)
    }

    /// - Parameter texts: By thread, what its files hold.
    package init?(_ texts: [String: (schedule: String, stat: String)]) {
        self.threads = texts.compactMapValues { Thread($0.schedule, $0.stat) }
        if self.threads.isEmpty { return nil }
    }

    /// For how long of the time since an earlier reading somebody waited: threads wait for each other, so that their waits
    /// follow one another.
    package func waited(since earlier: ProcessorWait, of time: Duration) -> Duration {
        var sum = Duration.zero
        for (name, thread) in self.threads {
            let before = earlier.threads[name]
            if let before, before.couldRun, thread.couldRun, before.turns == thread.turns { return time }
            let waited = before?.waited ?? 0
            guard thread.waited > waited else { continue }
            sum += min(.nanoseconds(Int64(clamping: thread.waited - waited)), time)
        }
        return min(sum, time)
    }
}
