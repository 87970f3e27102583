package import Containers
package import Contract

/// An action that a ``RelayMachine`` asks for; several are performed in their order.
package enum RelayAction: Equatable, Sendable {
    /// An instance with what it may use; it is told its spec once it has said hello.
    case start(InstanceID, InstanceAllowance)
    case send(InstanceID, HostMessage)
    /// Nobody else uses what the instances before it have stored: it is given all of that, and told to go on.
    case resume(InstanceID)
    /// Connections go to this instance from here on; nil: they wait.
    case serve(InstanceID?)
    /// Kill it, and hear what it has said before its end.
    case kill(InstanceID)
    /// Nobody goes on with what is stored, as the sentence says.
    case letGo(String)
    /// Kill what is left of it, and remove every trace.
    case remove(InstanceID)
    /// For the log: an instance ended, and the next one follows after the wait. Whether it was killed from outside.
    case report(InstanceID, EndingStatus, next: Duration, wasKilled: Bool)
}

/// What a relay's container may use.
package struct InstanceAllowance: Hashable, Sendable {
    /// Bytes.
    package let memory: Int
    /// Processor cores.
    package let cpu: Double
    package let openFiles: Int

    /// Threads and processes: event loops, fan-out threads and Swift's own pool, with room to spare. They do not grow with
    /// viewers.
    package static let processes = 128

    package init(_ limits: LimitsSpec) {
        self.memory = limits.memory
        self.cpu = limits.cpu
        self.openFiles = OpenFiles.relay(limits)
    }

    /// What an instance with this allowance cannot do of what is wanted, a sentence each.
    func shortfall(of wanted: InstanceAllowance) -> [String] {
        var sentences: [String] = []
        if wanted.memory != self.memory {
            sentences.append("limits.memory: the running container has \(self.memory) bytes, not \(wanted.memory).")
        }
        if wanted.cpu != self.cpu {
            sentences.append("limits.cpu: the running container has \(self.cpu) cores, not \(wanted.cpu).")
        }
        if wanted.openFiles > self.openFiles {
            sentences.append(
                "limits.viewers, limits.undecided or limits.streams: the running container may open \(self.openFiles) files, not \(wanted.openFiles)."
            )
        }
        return sentences
    }
}
