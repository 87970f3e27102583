internal import Linux

extension RuntimeError {
    /// What `body` returns; an error of the kernel's becomes a sentence that begins so.
    static func of<Value: ~Copyable>(
        _ beginning: String,
        _ body: () throws(LinuxError) -> Value
    ) throws(RuntimeError) -> Value {
        do throws(LinuxError) {
            return try body()
        } catch {
            if error.isOutOfDescriptors {
                throw RuntimeError(
                    .failed,
                    "\(beginning): the host has no file descriptors left; raise its limit (LimitNOFILE, ulimit -n)."
                )
            }
            throw RuntimeError(error.isFull ? .storage : .failed, "\(beginning) (\(error)).")
        }
    }
}

extension InstanceEnding {
    init(_ ending: ProcessEnding) {
        switch ending {
        case .exited(let code): self = .exited(code: code)
        case .signalled(let number): self = .signalled(number)
        }
    }
}

extension InstanceSpec {
    /// Whether there is a program to run that a stranger may run: the instance has no user of this machine's.
    func checkProgram() throws(RuntimeError) {
        guard let kind = SmallFile.kind(of: self.program), kind.isFile else {
            throw RuntimeError(.missing, "There is no program \(self.program).")
        }
        guard kind.othersMayExecute, kind.othersMayRead else {
            throw RuntimeError(
                .forbidden,
                "\(self.program) may not be run by everybody, and a relay's user has no special rights: "
                    + "chmod o+rx \(self.program)."
            )
        }
    }
}
