internal import Linux
internal import Logging
internal import NIOCore
internal import Tape

extension FanoutThread {
    func state(of record: ViewerRecord) -> UnsafeMutablePointer<ViewerState> {
        unsafe self.table.states + record.id.slot
    }

    /// Does everything that can be done for a viewer whose socket may have room.
    func advance(_ record: ViewerRecord) {
        let state = unsafe self.state(of: record)
        while true {
            if !record.isNoted { self.note(record) }
            let flags = unsafe state.pointee.flags
            if flags.contains(.pending) {
                guard self.sendPending(record) else { return }
            } else if flags.contains(.closing) {
                return self.end(record, flags.contains(.released) ? .released : .closed)
            } else if flags.contains(.paused) {
                return self.unblock(record)
            } else if flags.contains(.waiting) {
                guard self.place(record) else { return }
            } else {
                let isFinished = record.group.tape.isFinished
                let outcome = unsafe TapeSend.perform(
                    state,
                    record.group.window,
                    barriers: record.group.barrierCount,
                    &self.statistics
                )
                guard self.conclude(record, outcome, isFinished: isFinished) else { return }
            }
        }
    }

    /// Notes where the viewer is, before anything is sent that does not follow from what was noted before.
    func note(_ record: ViewerRecord) {
        record.isNoted = true
        guard record.kept != nil else { return }
        self.table.note(record.pending, of: record.id.slot)
    }

    /// Acts on what one send came to, and goes on if there is more to do at once.
    func settle(_ record: ViewerRecord, _ outcome: TapeSend, isFinished: Bool) {
        if self.conclude(record, outcome, isFinished: isFinished) { self.advance(record) }
    }

    /// Acts on what one send came to; true when there is more to do at once.
    private func conclude(_ record: ViewerRecord, _ outcome: TapeSend, isFinished: Bool) -> Bool {
        let state = unsafe self.state(of: record)
        switch outcome {
        case .upToDate:
            if unsafe state.pointee.cursor >= state.pointee.limit {
                self.end(record, self.isShutDown ? .shutdown : .preambleChanged)
            } else if isFinished {
                // More may have been appended between the send and the end of the tape.
                if unsafe state.pointee.cursor < record.group.window.head { return true }
                self.end(record, .finished)
            } else {
                self.unblock(record)
            }
            return false
        case .partial(let count):
            self.block(record, progress: count > 0)
            return false
        case .behind:
            guard self.displace(record) else { return false }
            // A socket that is still full says when it is not.
            return unsafe !state.pointee.flags.contains(.blocked)
        case .barred:
            self.takeBarriers(of: record.group)
            return true
        case .torn:
            self.end(record, .overrun)
            return false
        case .failed(let code):
            self.end(record, .failed(LinuxError("send", code: code)))
            return false
        }
    }

    /// Sends bytes of the viewer's own; true when none are left.
    private func sendPending(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        let socket = unsafe state.pointee.socket
        let sent = unsafe record.pending.withUnsafeReadableBytes { bytes -> Int in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return 0 }
            return unsafe TCPSocket.send(base, count: bytes.count, number: socket)
        }
        self.statistics.sends += 1
        unsafe state.pointee.sends += 1
        if sent < 0 {
            let code = CInt(truncatingIfNeeded: -sent)
            if code == LinuxError.wouldBlock || code == LinuxError.interrupted {
                self.block(record, progress: false)
            } else {
                self.end(record, .failed(LinuxError("send", code: code)))
            }
            return false
        }
        self.statistics.bytesSent += UInt64(sent)
        unsafe state.pointee.sent += UInt64(sent)
        record.pending.moveReaderIndex(forwardBy: sent)
        guard record.pending.readableBytes == 0 else {
            self.block(record, progress: sent > 0)
            return false
        }
        // Its memory as well.
        record.pending = ByteBuffer()
        if record.kept != nil { self.table.forgetOwed(of: record.id.slot) }
        self.setAside(0, of: record)
        unsafe state.pointee.flags.remove(.pending)
        return true
    }

    /// Puts bytes behind what the viewer is sent before the tape's next record.
    func append(_ bytes: ByteBuffer, to record: ViewerRecord) {
        guard bytes.readableBytes > 0 else { return }
        record.isNoted = false
        if record.pending.readableBytes == 0 {
            record.pending = bytes
        } else {
            record.pending.writeImmutableBuffer(bytes)
        }
        unsafe self.state(of: record).pointee.flags.insert(.pending)
    }

    func setAside(_ bytes: Int, of record: ViewerRecord) {
        self.aside += bytes - record.aside
        record.aside = bytes
    }

    private func block(_ record: ViewerRecord, progress: Bool) {
        let state = unsafe self.state(of: record)
        let wasBlocked = unsafe state.pointee.flags.contains(.blocked)
        if progress || !wasBlocked { unsafe state.pointee.lastProgress = self.now }
        guard !wasBlocked else { return }
        unsafe state.pointee.flags.insert(.blocked)
        self.watch(record, [.readable, .writable])
    }

    func unblock(_ record: ViewerRecord) {
        let state = unsafe self.state(of: record)
        guard unsafe state.pointee.flags.contains(.blocked) else { return }
        unsafe state.pointee.flags.remove(.blocked)
        self.watch(record, .readable)
    }

    func watch(_ record: ViewerRecord, _ wanted: Poller.Readiness) {
        let socket = unsafe self.state(of: record).pointee.socket
        do {
            try self.poller.change(number: socket, token: UInt64(record.id.slot), for: wanted)
        } catch {
            self.logger.error("a viewer cannot be watched", metadata: ["error": "\(error)"])
        }
    }
}
