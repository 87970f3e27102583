import StreamToolkit
import Toolkit
import Wire

extension TestPublisher {
    /// One that goes to a relay; for the rest see ``TestPublisher/init(server:app:stream:tcUrl:chunkSize:obeysReconnectRequests:)``.
    convenience init(
        _ relay: RelayProcess,
        app: String = "live",
        stream: String,
        tcUrl: String? = nil,
        chunkSize: Int = 4096,
        obeysReconnectRequests: Bool = false
    ) throws {
        try self.init(
            server: relay.addresses["rtmp"] ?? "",
            app: app,
            stream: stream,
            tcUrl: tcUrl,
            chunkSize: chunkSize,
            obeysReconnectRequests: obeysReconnectRequests
        )
    }

    /// One with the right key, on air.
    static func onAir(
        _ relay: RelayProcess,
        _ stream: String = "main",
        chunkSize: Int = 4096
    ) async throws -> TestPublisher {
        let key = relay.configuration.publishKey ?? ""
        let publisher = try TestPublisher(relay, stream: "\(stream)?key=\(key)", chunkSize: chunkSize)
        if let refusal = try await publisher.refusal() { throw refusal }
        return publisher
    }
}
