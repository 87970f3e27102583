import Contract
import Media

/// What one wire format leaves out of the source on air.
struct OutputOmissions {
    private let format: WireFormat
    private var tally = OmissionTally()
    /// The sequence that the source began with.
    private var source: UInt64?
    /// Whether anything of that source has been muxed, by which the mux knows its tracks.
    private var isMuxed = false
    /// What was last noted of what the mux has no place for.
    private var noted: [MediaOmission] = []

    init(of format: WireFormat) {
        self.format = format
    }

    /// Notes something that happens now and then. All of `time` is µs monotonic.
    mutating func note(_ omission: MediaOmission, source: UInt64, at time: Int64) {
        self.follow(source)
        self.tally.note(omission, at: time)
    }

    /// A packet of that sequence was muxed.
    mutating func noteMuxed(_ sequence: UInt64, source: UInt64) {
        self.follow(source)
        if sequence >= source { self.isMuxed = true }
    }

    /// Keeps the account in step with what the mux has no place for; what else was noted is forgotten where that changes.
    mutating func settle(_ omissions: [MediaOmission], at time: Int64) {
        guard self.isMuxed, self.noted != omissions else { return }
        self.noted = omissions
        self.tally.forget()
        for omission in omissions { self.tally.note(omission, at: time) }
    }

    /// What is told of the source that began with that sequence.
    func snapshots(source: UInt64) -> [OmissionSnapshot] {
        self.source == source ? self.tally.snapshots(of: self.format) : []
    }

    private mutating func follow(_ source: UInt64) {
        guard self.source != source else { return }
        self.source = source
        self.tally.forget()
        self.noted = []
        self.isMuxed = false
    }
}
