package import Contract

/// A name no other instance on the machine has: `transponder-live-1a2b3c4d`.
package struct InstanceID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// `nonce` tells instances of one relay apart, on this host process and those before it.
    package init(_ relay: RelayName, nonce: UInt32) {
        let digits = String(nonce, radix: 16)
        self.rawValue = "transponder-\(relay)-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    package var description: String { self.rawValue }
}

/// What an instance runs, and what it may use.
package struct InstanceSpec: Hashable, Sendable {
    package let id: InstanceID

    /// Path of the program on the host.
    package let program: String
    package let arguments: [String]

    /// All of it: nothing is inherited.
    package let environment: [String: String]

    /// Bytes of memory; going over ends the instance.
    package let memory: Int

    /// Processor cores.
    package let cpu: Double

    /// Processes and threads.
    package let processes: Int

    package let openFiles: Int

    /// A directory to be the root instead of the host's `/usr`; nil: the host's.
    package let root: String?

    package init(
        id: InstanceID,
        program: String,
        arguments: [String],
        environment: [String: String],
        memory: Int,
        cpu: Double,
        processes: Int,
        openFiles: Int,
        root: String? = nil
    ) {
        self.id = id
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.memory = memory
        self.cpu = cpu
        self.processes = processes
        self.openFiles = openFiles
        self.root = root
    }
}
