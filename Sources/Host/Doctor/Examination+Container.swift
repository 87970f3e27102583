internal import Containers
internal import Contract
internal import HostCore
internal import Linux
internal import Settings
internal import Supervisor

/// Whether a relay's container can be started, tried with one that ends at once.
extension Examination {
    /// From its start to its end; a machine under load takes a second.
    private static let trialTime = Duration.seconds(15)

    func container() async -> DoctorCheck? {
        let isolation = self.configuration.isolation
        // Where the runtime is not there, that has been said.
        guard isolation == .none || Self.isInstalled(isolation) else { return nil }
        let title = "container"
        do {
            let program = try RelayProgram.beside()
            let ending = try await self.trial(isolation, program)
            switch ending {
            case .exited(code: 0):
                let what = isolation == .none ? "The relay's program starts." : "A container was started and removed."
                return DoctorCheck(title, .good, what)
            case .exited(let code): return Self.failed("The relay's program ended with status \(code) in a container.")
            case .signalled(let number):
                return Self.failed("Signal \(number) ended the relay's program in a container.")
            case .outOfMemory:
                return DoctorCheck(
                    title,
                    .problem,
                    "A relay's container went over its memory limit as soon as it was started.",
                    remedy: "Raise limits.memory in the configuration."
                )
            case .lost(let sentence): return Self.failed("A container was started, but \(sentence).")
            case nil: return Self.failed("A container was started but did not end within \(Self.trialTime).")
            }
        } catch {
            return Self.failed("No container can be started: \(error)")
        }
    }

    private static func failed(_ finding: String) -> DoctorCheck {
        DoctorCheck(
            "container",
            .problem,
            finding,
            remedy:
                "Run transponder doctor as the user that will run transponder up; see README for what containers need."
        )
    }

    private static func isInstalled(_ isolation: Isolation) -> Bool {
        (try? RuntimeChoice.make(isolation)) != nil
    }

    private func trial(_ isolation: Isolation, _ program: String) async throws -> InstanceEnding? {
        let runtime = try RuntimeChoice.make(isolation)
        let relay = self.configuration.relays.first
        let allowance = InstanceAllowance(relay?.limits ?? .standard)
        let spec = InstanceSpec(
            id: InstanceID(try relay?.name ?? RelayName("doctor"), nonce: .random(in: 0...UInt32.max)),
            program: program,
            arguments: ["--version"],
            environment: ["SWIFT_BACKTRACE": "enable=no"],
            memory: allowance.memory,
            cpu: allowance.cpu,
            processes: InstanceAllowance.processes,
            openFiles: allowance.openFiles
        )
        let ends = try TCPSocket.pair().parted()
        guard let control = ends.first.take() else { return nil }
        let instance = try await runtime.start(spec, control: control) { _ in }
        let ending = await withTaskGroup(of: InstanceEnding?.self) { group in
            group.addTask { await instance.ending() }
            group.addTask {
                // One that goes on is ended by this, so that nobody waits for it for ever.
                try? await Task.sleep(for: Self.trialTime)
                if !Task.isCancelled { instance.signal(9) }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        try await instance.remove()
        return ending
    }
}
