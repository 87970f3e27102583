internal import Console
internal import Contract
internal import Glibc
internal import Linux
internal import Logging
internal import Settings
internal import Sockets
internal import Synchronization

/// The listeners of the console and the API.
extension HostProcess {
    /// Opens those of the configuration. The standard one is not worth a start that fails: another host of the machine may
    /// have it, and the command line does without.
    func openAdmin(_ addresses: [ListenAddress]) throws {
        do throws(ListenFailure) {
            try self.listenForAdmin(on: addresses)
        } catch {
            guard addresses == Configuration.standard.listen.admin, error.isTaken else { throw error }
            self.log.warning(
                "there is no console: its port is taken by another program; set listen.admin, or switch it off",
                metadata: ["address": "\(error.address)"]
            )
        }
    }

    func listenForAdmin(on addresses: [ListenAddress]) throws(ListenFailure) {
        self.state.withLock { $0.wanted.admin = addresses }
        defer { self.state.withLock { $0.listening.admin = self.hostDesk?.listening ?? [] } }
        _ = try self.hostDesk?.listen(on: addresses)
    }

    /// Opens the socket of the command line. The state directory is held, so one that is there is nobody's.
    func openLocally() throws(HostError) {
        let path = HostSocket.path(in: self.stateDirectory.path)
        do throws(LinuxError) {
            if SmallFile.kind(of: path, following: false) != nil { try SmallFile.remove(path) }
            try self.hostDesk?.listen(at: path, owner: geteuid())
        } catch {
            throw HostError(
                error.isFull
                    ? "\(path) cannot be made: no space left on the disk that it lies on; free some"
                    : "\(path) cannot be made: \(error.reason)"
            )
        }
    }
}
