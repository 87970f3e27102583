internal import Console
internal import Contract
internal import FoundationEssentials
internal import Glibc
internal import Linux

/// The state directory is this process's alone for as long as it is held, and says where the process is found.
final class HostLock: Sendable {
    private let hold: HeldDescriptor
    private let file: String

    /// Throws where another host has the directory.
    init(_ state: String) throws(Failure) {
        self.file = "\(state)/\(HostFile.name)"
        let hold: HeldDescriptor?
        do throws(LinuxError) {
            hold =
                switch try Directory.hold(state, waiting: false) {
                case .some(let held): HeldDescriptor(held)
                case .none: nil
                }
        } catch {
            throw Failure("\(state) cannot be locked: \(error)")
        }
        guard let hold else {
            let other = (try? HostFile(reading: Files.read(self.file))).map { " (process \($0.pid))" } ?? ""
            throw Failure(
                "another host\(other) is running with the state directory \(state): stop that one, or name another "
                    + "directory with --state"
            )
        }
        self.hold = hold
    }

    /// Tells commands where to ask; appears whole or not at all.
    func publish(http: ListenAddress?) throws(Failure) {
        let address = http.map { address -> String in
            guard address.isWildcard else { return address.description }
            return address.isIPv6 ? "[::1]:\(address.port)" : "127.0.0.1:\(address.port)"
        }
        let content = HostFile(pid: Int(getpid()), http: address, version: BuildInfo.version)
        do {
            try Data(content.json).write(to: URL(filePath: self.file), options: .atomic)
        } catch {
            throw Failure("\(self.file) cannot be written: \(error)")
        }
    }

    func withdraw() {
        try? FileManager.default.removeItem(atPath: self.file)
    }
}
