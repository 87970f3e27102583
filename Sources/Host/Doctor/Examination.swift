internal import Containers
internal import Contract
internal import FoundationEssentials
internal import FrontDoor
internal import HostCore
internal import Linux
package import Settings
internal import Supervisor

/// What a machine must have for a configuration to run on it. Looks, and changes nothing.
package struct Examination: Sendable {
    let configuration: Configuration
    let state: String

    /// - Parameters:
    ///   - configuration: What is to run.
    ///   - state: The state directory that it is to have.
    package init(configuration: Configuration, state: String) {
        self.configuration = configuration
        self.state = state
    }

    package func checks() async -> [DoctorCheck] {
        let isRunning = HostLock.isHeld(self.state)
        let own =
            self.ports(isRunning) + self.datagrams(isRunning: isRunning) + [self.stateDirectory] + self.keys
        let machine = await self.machine() + [await self.container()].compactMap(\.self)
        return own + self.certificate + self.receivers + machine + [self.processors, self.storage].compactMap(\.self)
    }

    // MARK: - Ports

    /// What stands in the way of listeners; a host that runs with this state directory has them itself.
    private func ports(_ isRunning: Bool) -> [DoctorCheck] {
        let listen = self.configuration.listen
        let wanted = DoorProtocol.allCases.flatMap { kind in listen[all: kind.wire].map { (kind.name, $0) } }
        guard !wanted.isEmpty else {
            return [
                DoctorCheck(
                    "ports",
                    .problem,
                    "Nothing is listened for, so nobody could connect.",
                    remedy: "Set listen.rtmp, listen.http or listen.rtsp in the configuration."
                )
            ]
        }
        let admin = listen.admin.map { (ListenSpec.adminName, $0) }
        return (wanted + admin).map { self.port($0, $1, isRunning) }
    }

    private func port(_ name: String, _ address: ListenAddress, _ isRunning: Bool) -> DoctorCheck {
        let title = "port \(address.port) (\(name))"
        do {
            let address = try InternetAddress(parsing: address.description)
            _ = try TCPSocket.listen(on: address, backlog: 1)
            return DoctorCheck(title, .good, "\(address) is free.")
        } catch let error as LinuxError {
            if error.isAddressInUse, isRunning {
                let process = HostSocket.process(in: self.state).map { ", process \($0)," } ?? ""
                return DoctorCheck(title, .good, "A host runs already\(process) and holds it.")
            }
            // A start does without the console's standard port.
            let isSpared = error.isAddressInUse && [address] == Configuration.standard.listen.admin
            return DoctorCheck(
                title,
                isSpared ? .warning : .problem,
                "\(address) cannot be opened: \(error).",
                remedy: self.remedy(error, address, name)
            )
        } catch {
            return DoctorCheck(title, .problem, "\(error)", remedy: "Correct listen.\(name) in the configuration.")
        }
    }

    private func remedy(_ error: LinuxError, _ address: ListenAddress, _ name: String) -> String {
        if error.isAddressInUse {
            return "Stop the program that has it (ss -ltnp 'sport = :\(address.port)' shows which), or choose another "
                + "port with listen.\(name)."
        }
        if error.isPermissionDenied {
            return "Choose a port from 1024 up with listen.\(name), or run transponder up as root."
        }
        return "Use 0.0.0.0 for all addresses this machine has, or correct listen.\(name)."
    }

    // MARK: - State

    private var stateDirectory: DoctorCheck {
        let manager = FileManager.default
        var directory = self.state
        var isDirectory = false
        // What is missing will be made: then what is above it must let us.
        while !manager.fileExists(atPath: directory, isDirectory: &isDirectory), directory.contains("/"),
            directory != "/"
        {
            directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
            if directory.isEmpty { directory = "/" }
        }
        guard isDirectory else {
            return DoctorCheck(
                "state directory",
                .problem,
                "\(directory) is a file, not a directory.",
                remedy: "Name another with state: in the configuration, or TRANSPONDER_STATE."
            )
        }
        guard manager.isWritableFile(atPath: directory) else {
            return DoctorCheck(
                "state directory",
                .problem,
                "\(directory) may not be written to by this user.",
                remedy: "Run as another user, or name a directory of yours with TRANSPONDER_STATE."
            )
        }
        return DoctorCheck(
            "state directory",
            .good,
            directory == self.state ? "\(self.state) can be written to." : "\(self.state) will be made."
        )
    }

    private var keys: [DoctorCheck] {
        self.configuration.relays.map { relay in
            let title = "publish key of '\(relay.name)'"
            if relay.publishKey != nil { return DoctorCheck(title, .good, "The configuration has it.") }
            let file = "\(self.state)/relays/\(relay.name)/publish_key"
            guard FileManager.default.fileExists(atPath: file) else {
                return DoctorCheck(title, .good, "It is made on the first start and shown then.")
            }
            do {
                _ = try StateDirectory(preparing: self.state).publishKey(of: relay.name)
                return DoctorCheck(title, .good, "It is kept in \(file).")
            } catch {
                return DoctorCheck(title, .problem, "\(error)", remedy: "See to \(file).")
            }
        }
    }

    private var storage: DoctorCheck? {
        guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: self.state),
            let free = (attributes[.systemFreeSize] as? any BinaryInteger).map({ Int($0) })
        else { return nil }
        guard free < 64 << 20 else { return DoctorCheck("disk", .good, "\(free >> 20) MiB are free.") }
        return DoctorCheck(
            "disk",
            .problem,
            "Only \(free >> 20) MiB are free where \(self.state) lies.",
            remedy: "Free at least 64 MiB; relays are started from there."
        )
    }

    // MARK: - The machine

    /// Containers, memory, limits and clock.
    private func machine() async -> [DoctorCheck] {
        let relays = self.configuration.relays
        return await MachineCheck.all(
            isolation: self.configuration.isolation,
            // Each is at most a tebibyte and relays are few, but sums are not to be trusted.
            memory: relays.reduce(0) { min($0 + $1.limits.memory, 1 << 50) },
            openFiles: self.openFiles
        )
    }

    /// What the host may come to need, or a relay that it starts: whichever is more.
    private var openFiles: Int {
        let listen = self.configuration.listen
        let relays = self.configuration.relays
        let host = OpenFiles.host(
            self.configuration.door,
            isTLS: listen.needsCertificate,
            relays: relays.count,
            loans: LoanBook<Int>.Limits().count,
            sockets: relays.reduce(0) { $0 + $1.socketNeeds.count }
        )
        return relays.map { OpenFiles.relay($0.limits) }.reduce(host, max)
    }

    private var processors: DoctorCheck? {
        let has = ProcessInfo.processInfo.activeProcessorCount
        let wants = self.configuration.relays.reduce(0) { $0 + $1.limits.cpu }
        guard wants > Double(has) else { return nil }
        return DoctorCheck(
            "processors",
            .warning,
            "Relays may together use \(wants) cores, but the machine has \(has): under load they slow each other down.",
            remedy: "Lower limits.cpu, or run fewer relays here."
        )
    }
}
