import Containers
import Contract
import Linux

/// How an instance is started, whichever relay it serves.
package struct InstancePlan: Sendable {
    /// Path of `transponder-relay`.
    package var program: String

    /// `trace` to `critical`.
    package var logLevel: String

    /// All of it: nothing is inherited.
    package var environment: [String: String]

    /// A directory to be the root instead of the host's `/usr`.
    package var root: String?

    /// How long an instance goes on when the host has died.
    package var withoutHost: Duration

    package init(
        program: String,
        logLevel: String = "info",
        environment: [String: String] = [:],
        root: String? = nil,
        withoutHost: Duration = .zero
    ) {
        self.program = program
        self.logLevel = logLevel
        self.environment = environment
        self.root = root
        self.withoutHost = withoutHost
    }

    /// The descriptor the control socket comes as.
    private static let control = 3

    private var survival: [String] {
        guard self.withoutHost > .zero else { return [] }
        return ["--without-host", "\(Int64(self.withoutHost / .microseconds(1)))us"]
    }

    /// - Parameters:
    ///   - id: its name.
    ///   - allowance: what it may use.
    ///   - goesOn: whether there are streams that it is to go on with, so that it needs at once what others load later.
    /// - Returns: what a runtime starts.
    func spec(_ id: InstanceID, _ allowance: InstanceAllowance, goesOn: Bool) -> InstanceSpec {
        // More threads than cores would only take turns, and each costs memory.
        let threads = max(1, Int(allowance.cpu.rounded(.up)))
        return InstanceSpec(
            id: id,
            program: self.program,
            arguments: [
                "--control", "\(Self.control)", "--log-level", self.logLevel, "--threads", "\(min(threads, 256))",
            ] + self.survival + (goesOn ? ["--ahead"] : []),
            environment: self.environment,
            memory: allowance.memory,
            cpu: allowance.cpu,
            processes: InstanceAllowance.processes,
            // Where the machine lets nobody have so many, doctor says so, and the instance has what there is.
            openFiles: min(allowance.openFiles, OpenFileLimit.raise(to: allowance.openFiles)),
            root: self.root
        )
    }
}
