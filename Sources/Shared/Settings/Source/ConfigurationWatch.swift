internal import Dispatch
internal import Glibc

/// Says when the configuration should be read again: at SIGHUP, and when the file or one that it names has changed and is
/// whole again.
package final class ConfigurationWatch {
    /// Editors and Kubernetes put another file in the place of the old one, which a watch of the file itself misses: it is
    /// looked at, seldom enough to cost nothing, and more often once something has changed.
    private static let idleInterval = Duration.milliseconds(1200)
    private static let interval = Duration.milliseconds(400)

    private let hangUp: any DispatchSourceSignal
    private let looking: Task<Void, Never>?

    /// - Parameters:
    ///   - path: the file; nil: there is none.
    ///   - named: the files that it names, at each time.
    ///   - onChange: called whenever it should be read.
    package init(_ path: String?, and named: NamedFiles, onChange: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        self.hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        self.hangUp.setEventHandler { onChange() }
        self.hangUp.resume()
        self.looking = path.map { Self.watch($0, named, onChange) }
    }

    private static func watch(
        _ path: String,
        _ named: NamedFiles,
        _ onChange: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        Task { await Self.look(at: path, named, onChange) }
    }

    private static func look(
        at path: String,
        _ named: NamedFiles,
        _ onChange: @escaping @Sendable () -> Void
    ) async {
        var watch = StillnessWatch(inForce: StillnessWatch.contents(of: named.paths.union([path])))
        while !Task.isCancelled {
            try? await Task.sleep(for: watch.isStill ? Self.idleInterval : Self.interval)
            let paths = named.paths.union([path])
            let isChanged = watch.look(
                StillnessWatch.contents(of: paths),
                isBeingWritten: StillnessWatch.isBeingWritten(paths)
            )
            if isChanged, !Task.isCancelled { onChange() }
        }
    }

    deinit {
        self.hangUp.cancel()
        self.looking?.cancel()
    }
}
