/// Something of a stream's media that is left out, and why.
package struct OmissionSnapshot: Hashable, Sendable, Codable {
    /// The wire format that has no place for it (`ts`, `mp4`, …); nil where no viewer gets it.
    package var format: String?

    /// `video`, `audio` or `data`.
    package var part: String

    /// As people know it: `H.264`, `AAC-LD`.
    package var codec: String

    /// `unsupported_codec`, `too_large`, …
    package var reason: String

    /// For a person: what is left out, and what to set instead.
    package var sentence: String

    /// Whether it is true for as long as the source stays as it is; otherwise it is over a while after ``last``.
    package var isLasting: Bool

    package var first: Instant
    package var last: Instant
    package var count: UInt64

    package init(
        format: String? = nil,
        part: String,
        codec: String,
        reason: String,
        sentence: String,
        isLasting: Bool,
        first: Instant,
        last: Instant,
        count: UInt64
    ) {
        self.format = format
        self.part = part
        self.codec = codec
        self.reason = reason
        self.sentence = sentence
        self.isLasting = isLasting
        self.first = first
        self.last = last
        self.count = count
    }

    /// How many are told of a stream.
    package static let limit = 32
}
