package import Contract
package import Linux
package import Streams

/// What somebody who wants to watch has asked for, by whatever protocol.
package struct PlayRequest: Sendable {
    package let stream: StreamName

    /// The protocol that the figures count the viewer by.
    package let kind: ViewerProtocol

    /// What its protocol carries.
    package let format: WireFormat

    package let identity: ViewerIdentity

    /// Where it comes from; nil: it keeps its place, whatever it waits for.
    package let host: InternetAddress.Host?

    package init(
        _ stream: StreamName,
        by kind: ViewerProtocol,
        as format: WireFormat,
        _ identity: ViewerIdentity,
        from host: InternetAddress.Host? = nil
    ) {
        self.stream = stream
        self.kind = kind
        self.format = format
        self.identity = identity
        self.host = host
    }
}

/// A viewer that was let in: it is counted and its format is muxed for as long as both are held.
package struct AdmittedViewer: Sendable {
    package let stream: Streams.Stream
    package let session: ViewerSession
    package let lease: WireLease
}
