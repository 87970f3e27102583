internal import Linux

/// What sending a plan to one viewer came to.
enum DatagramSend: Equatable {
    /// Everything that was allowed.
    case sent
    /// A socket is full; its outlet says how far it came.
    case blocked
    /// Nobody listens there.
    case refused
    /// The address that a socket sends from is this machine's no more.
    case astray(CInt)
}

/// What one send did, for the counters.
struct DatagramCount {
    var calls: UInt64 = 0
    var bytes: UInt64 = 0
    /// Datagrams the kernel would not send.
    var lost: UInt64 = 0
}

extension DatagramPlan {
    /// A message in the batch: which datagrams are in it.
    private struct Entry {
        var first: Int
        var count: Int
    }

    /// Sends a viewer the first `allowed` datagrams of the plan, each outlet's in one call where the kernel takes them.
    /// Whether an outlet took something, and whether it is full, stands in it after.
    func send(to record: DatagramRecord, allowed: Int, _ count: inout DatagramCount) -> DatagramSend {
        var outcome = DatagramSend.sent
        for outlet in record.outlets.indices {
            switch self.send(to: record, outlet: outlet, allowed: allowed, &count) {
            case .sent: break
            case .blocked: outcome = .blocked
            case .refused: return .refused
            case .astray(let code): return .astray(code)
            }
        }
        return outcome
    }

    private func send(
        to record: DatagramRecord,
        outlet: Int,
        allowed: Int,
        _ count: inout DatagramCount
    ) -> DatagramSend {
        (record.outlets[outlet].isFull, record.outlets[outlet].hasTaken) = (false, false)
        // Without one outlet ahead of the others everything is new.
        let start = self.ends.firstIndex { $0 > record.outlets[outlet].sentUntil } ?? self.ends.count
        var next = start
        while true {
            let entries = self.fill(record, outlet: outlet, from: &next, to: allowed)
            guard !entries.isEmpty else { break }
            var (done, isAnswered) = (0, false)
            while done < entries.count {
                let result = self.batch.send(
                    from: record.outlets[outlet].number,
                    startingAt: done,
                    cutting: &record.outlets[outlet].cutting
                )
                count.calls += UInt64(max(result, 1))
                guard result <= 0 else {
                    isAnswered = false
                    for entry in entries[done..<done + result] { count.bytes += UInt64(self.bytes(of: entry)) }
                    done += result
                    record.outlets[outlet].hasTaken = true
                    continue
                }
                let code = CInt(truncatingIfNeeded: -result)
                if code == LinuxError.interrupted { continue }
                if code == LinuxError.wouldBlock || code == LinuxError.noBuffers {
                    record.outlets[outlet].sentUntil = self.start(of: entries[done].first)
                    record.outlets[outlet].isFull = code == LinuxError.wouldBlock
                    return .blocked
                }
                if code == LinuxError.refused {
                    // The answer to an earlier one; this one was not sent.
                    if record.endsWhenRefused { return .refused }
                    if !isAnswered {
                        isAnswered = true
                        continue
                    }
                } else if record.outlets[outlet].cutting.isPossible, LinuxError.isOfSegmentation(code) {
                    // From here on one by one.
                    record.outlets[outlet].cutting.isPossible = false
                    next = entries[done].first
                    break
                } else if LinuxError.isOfSource(code) {
                    return .astray(code)
                }
                count.lost += UInt64(entries[done].count)
                done += 1
            }
        }
        record.outlets[outlet].sentUntil = self.start(of: max(allowed, start))
        return .sent
    }

    /// Makes messages of the outlet's datagrams from one on, as many as go into a call.
    private func fill(_ record: DatagramRecord, outlet: Int, from next: inout Int, to allowed: Int) -> [Entry] {
        self.batch.removeMessages()
        var entries: [Entry] = []
        for run in self.runs {
            let end = min(run.first + run.count, allowed)
            guard end > next else { continue }
            guard run.channel < record.outletOfChannel.count, record.outletOfChannel[run.channel] == outlet else {
                next = end
                continue
            }
            let cuts = record.outlets[outlet].cutting.isPossible
            var first = max(run.first, next)
            while first < end {
                guard self.batch.count < DatagramBatch.messageLimit else { return entries }
                let count = cuts ? end - first : 1
                self.batch.addMessage(
                    parts: first * self.partsPerDatagram,
                    count: count * self.partsPerDatagram,
                    segment: count > 1 ? run.size : 0
                )
                entries.append(Entry(first: first, count: count))
                first += count
                next = first
            }
        }
        next = max(next, allowed)
        return entries
    }

    private func bytes(of entry: Entry) -> Int {
        var bytes = 0
        for index in entry.first..<entry.first + entry.count { bytes += self.sizes[index] }
        return bytes
    }

    /// The absolute offset of a datagram's first byte.
    func start(of index: Int) -> UInt64 {
        index == 0 ? self.from : self.ends[index - 1]
    }
}
