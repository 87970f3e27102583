package import Contract
package import Linux
package import NIOCore
package import Sessions
import Synchronization

/// The sources that the configuration declares with ports of their own.
package final class DatagramSources: Sendable {
    private let services: RelayServices
    private let group: any EventLoopGroup
    private let sources = Mutex<[StreamName: DeclaredSource]>([:])

    package init(_ services: RelayServices, group: any EventLoopGroup) {
        self.services = services
        self.group = group
    }

    /// Reads from a socket. One for a stream that is not declared so any more is closed.
    package func adopt(_ name: StreamName, _ place: DeclaredSource.Place, _ descriptor: consuming OwnedDescriptor) {
        guard let stream = self.services.spec.declaration(of: name), !stream.socketNeeds.isEmpty else { return }
        let source = self.sources.withLock { sources in
            if let source = sources[name] { return source }
            let made = DeclaredSource(stream, services: self.services, loop: self.group.next())
            sources[name] = made
            return made
        }
        source.open(descriptor, at: place)
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
