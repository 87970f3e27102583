package import Contract
package import Fanout
package import Linux
package import NIOCore
package import Sessions
import Synchronization

/// The sources that the configuration declares with ports of their own.
package final class DatagramSources: Sendable {
    private let services: RelayServices
    private let group: any EventLoopGroup
    private let makeMemory: (@Sendable () -> DatagramMemory?)?
    private let sources = Mutex<[StreamName: DeclaredSource]>([:])

    /// - Parameters:
    ///   - services: who may come in, and where they go from there.
    ///   - group: where sockets are read.
    ///   - makeMemory: makes the memory of a source that outlives the process; nil: none does.
    package init(
        _ services: RelayServices,
        group: any EventLoopGroup,
        makeMemory: (@Sendable () -> DatagramMemory?)? = nil
    ) {
        self.services = services
        self.group = group
        self.makeMemory = makeMemory
    }

    /// Goes on with a source of a process that is dead, before its sockets come.
    ///
    /// - Returns: false if that cannot be; it begins anew then.
    package func resume(_ name: StreamName, _ standing: DatagramMemory.Standing) -> Bool {
        self.source(name)?.resume(standing) ?? false
    }

    /// Reads from a socket. One for a stream that is not declared so any more is closed.
    package func adopt(_ name: StreamName, _ place: DeclaredSource.Place, _ descriptor: consuming OwnedDescriptor) {
        self.source(name)?.open(descriptor, at: place)
    }

    /// Nil where the configuration declares none.
    private func source(_ name: StreamName) -> DeclaredSource? {
        guard let stream = self.services.spec.declaration(of: name), !stream.socketNeeds.isEmpty else { return nil }
        return self.sources.withLock { sources in
            if let source = sources[name] { return source }
            let made = DeclaredSource(
                stream,
                services: self.services,
                loop: self.group.next(),
                makeMemory: self.makeMemory
            )
            sources[name] = made
            return made
        }
    }

    /// Another configuration is in force.
    package func apply(_ spec: RelaySpec) {
        for (name, source) in self.sources.withLock({ $0 }) {
            if let stream = spec.declaration(of: name), !stream.socketNeeds.isEmpty {
                source.change(to: stream)
            } else {
                self.sources.withLock { $0[name] = nil }
                source.stop()
            }
        }
    }

    package func stop() {
        let sources = self.sources.withLock { sources in
            defer { sources = [:] }
            return sources.values
        }
        for source in sources { source.stop() }
    }
}
