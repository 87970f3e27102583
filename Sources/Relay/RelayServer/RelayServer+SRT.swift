import Contract
import Linux
import Logging
package import SRTService
import Sessions
import Synchronization

extension RelayServer {
    /// Takes SRT callers from here on, in place of a port at the same address.
    package func listenForSRT(_ binding: SRTBinding) throws {
        try self.serviceForSRT().listen(binding)
    }

    /// Has what the configuration wants called be called.
    func setSRTCalls(_ spec: RelaySpec) throws {
        guard SRTService.hasCalls(spec) || self.srt.withLock({ $0 }) != nil else { return }
        try self.serviceForSRT().setCalls(of: spec)
    }

    /// Made when it is first needed: it has threads of its own.
    private func serviceForSRT() throws -> SRTService {
        try self.srt.withLock { service in
            if let service { return service }
            let made = try SRTService(self.services, limiter: self.limiter, threads: self.threads)
            service = made
            return made
        }
    }

    /// Takes no SRT callers at other addresses than these, which are the configuration's; the host hands in what is new.
    func keepListeningForSRT(at addresses: [ListenAddress]) {
        self.srt.withLock { $0 }?.keepListening(at: addresses)
    }

    /// Takes SRT callers at a socket that the host has bound.
    func adoptForSRT(_ descriptor: consuming OwnedDescriptor) {
        let held = HeldDescriptor(descriptor)
        do {
            try self.listenForSRT(.socket(held))
        } catch {
            self.services.log.error("cannot listen for SRT", metadata: ["error": "\(error)"])
        }
    }
}
