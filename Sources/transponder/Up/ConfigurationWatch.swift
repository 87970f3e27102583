internal import Dispatch
internal import Foundation
internal import Glibc
internal import Settings

/// Says when the configuration should be read again: at SIGHUP, and when the file or one that it names has changed.
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
    ///   - named: the files that it names, at each time.
    ///   - onChange: called whenever it should be read.
    init(_ path: String?, and named: NamedFiles, onChange: @escaping @Sendable () -> Void) {
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
        var last = Self.looks(path, named)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let looks = Self.looks(path, named)
            // One that is gone is about to be there again, or somebody will ask for a reload and be told. One that was not
            // named before was read when it came to be.
            let isChanged = looks.contains { path, look in
                last[path].map { $0 != look } ?? false && look.modified != nil
            }
            last = looks.merging(last) { look, before in look.modified == nil ? before : look }
                .filter { looks[$0.key] != nil }
            if isChanged, !Task.isCancelled { onChange() }
        }
    }

    private static func looks(_ path: String, _ named: NamedFiles) -> [String: Look] {
        Dictionary(named.paths.union([path]).map { ($0, Look($0)) }) { first, _ in first }
    }

    deinit {
        self.hangUp.cancel()
        self.looking?.cancel()
    }
}
