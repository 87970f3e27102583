import Contract
import Linux
import Logging
import Synchronization

/// The certificates in force, read again when their files change.
///
/// The files are compared by what is in them: they are small, and names, links and dates change in more ways than one.
final class CertificateStore: Sendable {
    private let current: Mutex<Credentials>
    private let stopping: EventDescriptor

    /// - Throws: What is wrong with the files; later, the log says it and the certificate read before stays in force.
    init(_ spec: TLSSpec, interval: Duration, log: Logger) throws {
        let files = try CertificateFiles.all(spec)
        self.current = Mutex(try Credentials(files, from: spec))
        self.stopping = try EventDescriptor.make()
        let poller = try Poller.make(capacity: 1)
        try poller.add(self.stopping.descriptor, token: 0, for: .readable)
        let transfer = Transfer(poller)
        _ = try WorkerThread(name: "certificate") { [weak self] in
            guard var poller = transfer.open() else { return }
            var watch = CertificateWatch(spec: spec, inForce: files)
            while let count = try? poller.wait(for: interval), count == 0, let self {
                watch.look(log).map { found in self.current.withLock { $0 = found } }
            }
        }
    }

    var credentials: Credentials { self.current.withLock { $0 } }

    deinit {
        self.stopping.signal()
    }
}

/// Notices that the files have changed.
struct CertificateWatch {
    private let spec: TLSSpec
    /// What was read last, and may be half of a change: whoever replaces two files does so one after the other.
    private var seen: Result<[CertificateFiles], CertificateFailure>
    /// What was tried last, with success or without.
    private var tried: Result<[CertificateFiles], CertificateFailure>

    init(spec: TLSSpec, inForce: [CertificateFiles]) {
        self.spec = spec
        self.seen = .success(inForce)
        self.tried = .success(inForce)
    }

    /// The new certificate, once its files have been the same at two looks.
    mutating func look(_ log: Logger) -> Credentials? {
        let spec = self.spec
        let files = Result { () throws(CertificateFailure) in try CertificateFiles.all(spec) }
        defer { self.seen = files }
        guard files == self.seen, files != self.tried else { return nil }
        self.tried = files
        do throws(CertificateFailure) {
            let credentials = try Credentials(files.get(), from: self.spec)
            log.notice(
                "certificate read again",
                metadata: ["certificate": "\(self.spec.all.map(\.certificate).joined(separator: ", "))"]
            )
            return credentials
        } catch {
            log.error(
                "the new certificate cannot be used; the one before stays in force",
                metadata: ["reason": "\(error)"]
            )
            return nil
        }
    }
}
