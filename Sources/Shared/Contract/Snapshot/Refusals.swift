/// Why somebody could not publish. The raw values are labels of metrics: they never change.
package enum PublishRefusal: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case noKey = "no_key"
    case wrongKey = "wrong_key"
    /// Someone else is on air and `takeover` is off.
    case busy
    /// The configuration declares the relay's streams, and this is none of them.
    case unknownStream = "unknown_stream"
    /// The configuration says where the stream comes from, and this is somebody else.
    case declaredSource = "declared_source"
    case unknownRelay = "unknown_relay"
    case badName = "bad_name"
    case tooMany = "too_many"
    /// Streams that are live fill the relay's memory.
    case noMemory = "no_memory"
    /// A coding the relay cannot carry.
    case unsupported
    /// Bytes that break the protocol.
    case malformed
}

/// Why somebody could not play. The raw values are labels of metrics: they never change.
package enum PlayRefusal: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case noToken = "no_token"
    case wrongToken = "wrong_token"
    case unknownStream = "unknown_stream"
    case unknownRelay = "unknown_relay"
    case badName = "bad_name"
    case tooMany = "too_many"
    /// Streams that are live fill the relay's memory.
    case noMemory = "no_memory"
    /// The stream's codecs do not fit the wire format asked for.
    case unsupported
    case malformed
}
