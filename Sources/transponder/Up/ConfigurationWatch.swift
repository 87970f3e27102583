internal import Dispatch
internal import Foundation
internal import Glibc

/// Says when the configuration should be read again: at SIGHUP, and when the file has changed.
final class ConfigurationWatch {
    /// Editors and Kubernetes put another file in the place of the old one, which a watch of the file itself misses: it is
    /// looked at, seldom enough to cost nothing.
    private static let interval = Duration.seconds(1)

    /// What changes when somebody writes the file or puts another in its place.
    private struct Look: Equatable, Sendable {
        var modified: Date?
        var size: UInt64?
        var node: UInt64?

        init(_ path: String) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: Self.resolved(path))
            self.modified = attributes?[.modificationDate] as? Date
            self.size = (attributes?[.size] as? NSNumber)?.uint64Value
            self.node = (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
        }

        private static func resolved(_ path: String) -> String {
            URL(filePath: path).resolvingSymlinksInPath().path
        }
    }

    private let hangUp: any DispatchSourceSignal
    private let looking: Task<Void, Never>?

    /// - Parameters:
    ///   - path: the file; nil: there is none.
    ///   - onChange: called whenever it should be read.
    init(_ path: String?, onChange: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        self.hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        self.hangUp.setEventHandler { onChange() }
        self.hangUp.resume()
        self.looking = path.map { Self.watch($0, onChange) }
    }

    private static func watch(_ path: String, _ onChange: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task { await Self.look(at: path, onChange) }
    }

    private static func look(at path: String, _ onChange: @escaping @Sendable () -> Void) async {
        var last = Look(path)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let look = Look(path)
            // One that is gone is about to be there again, or somebody will ask for a reload and be told.
            guard look != last, look.modified != nil else { continue }
            last = look
            if !Task.isCancelled { onChange() }
        }
    }

    deinit {
        self.hangUp.cancel()
        self.looking?.cancel()
    }
}
