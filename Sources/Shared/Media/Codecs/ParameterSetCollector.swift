package import NIOCore

/// Makes decoder configurations of the parameter sets that H.264 and HEVC streams carry among their pictures, as MPEG-TS
/// and RTP do.
///
/// Every NAL unit of an access unit is shown to ``collect(_:)``, and then ``configuration()`` is asked once, before the
/// access unit is given out.
package struct ParameterSetCollector: Sendable {
    package let codec: Codec
    private let syntax: ParameterSetSyntax
    /// In force.
    private var sets = ParameterSets()
    /// Of the present access unit.
    private var pending = ParameterSets()
    /// Of the access unit behind it.
    private var next = ParameterSets()
    private var given: CodecConfiguration?

    /// Bytes that the parameter sets of one stream may have together; most have less than 200.
    package static let sizeLimit = 1 << 16

    /// Bytes in the length before each NAL unit, in the configurations made here.
    package static let nalLengthSize = 4

    /// Parameter sets that were left out, because they were too many, too large or no parameter sets.
    package private(set) var refused = 0

    /// Nil for codings without parameter sets.
    package init?(_ codec: Codec) {
        guard let syntax = ParameterSetSyntax(codec) else { return nil }
        self.codec = codec
        self.syntax = syntax
    }

    /// Takes the NAL unit, its header included, if it is a parameter set.
    ///
    /// - Parameters:
    ///   - unit: the NAL unit.
    ///   - isAhead: whether it stands behind the present access unit's picture, ahead of the next one's.
    /// - Returns: whether it is one, and so belongs to the configuration and not into samples.
    package mutating func collect(_ unit: ByteBuffer, isAhead: Bool = false) -> Bool {
        guard let kind = self.syntax.kind(of: unit) else { return false }
        // Copied, so that a few bytes do not keep a whole access unit alive.
        let copy = ByteBuffer(bytes: unit.readableBytesView)
        guard let number = self.syntax.number(of: copy, kind),
            isAhead ? self.next.add(copy, kind, number) : self.pending.add(copy, kind, number)
        else {
            self.refused += 1
            return true
        }
        return true
    }

    /// The next access unit is the present one from here on, and the sets ahead of it are its.
    package mutating func advance() {
        guard !self.next.isEmpty else { return }
        self.pending.merge(self.next)
        self.next = ParameterSets()
    }

    /// Puts sets from elsewhere in force, in place of all others.
    package mutating func replace(_ units: [ByteBuffer]) {
        self.sets = ParameterSets()
        self.pending = ParameterSets()
        for unit in units { _ = self.collect(unit) }
    }

    /// The configuration that holds from the present access unit on, if it is another than the one given before.
    ///
    /// - Throws: what cannot be read of the parameter sets; what was in force before stays so.
    package mutating func configuration() throws(CodecError) -> CodecConfiguration? {
        guard !self.pending.isEmpty else { return nil }
        // What is in force and comes again, all of it or a part, changes nothing.
        if self.given != nil, self.pending.isPart(of: self.sets) {
            self.pending = ParameterSets()
            return nil
        }
        var sets = self.sets
        // An encoder that begins anew repeats all it needs, and what it had before under other numbers is void.
        if self.syntax.isComplete(self.pending) { sets = self.pending } else { sets.merge(self.pending) }
        self.pending = ParameterSets()
        guard sets.size <= Self.sizeLimit else {
            self.refused += 1
            return nil
        }
        guard self.syntax.isComplete(sets) else {
            self.sets = sets
            return nil
        }
        guard sets != self.sets || self.given == nil else { return nil }
        let configuration = try CodecConfiguration(record: try self.syntax.record(of: sets), of: self.codec)
        self.sets = sets
        guard configuration != self.given else { return nil }
        self.given = configuration
        return configuration
    }

    /// All that are in force, in the order in which a record has them.
    var inForce: [ByteBuffer] {
        [self.sets.video, self.sets.sequence, self.sets.picture].flatMap(ParameterSets.inOrder)
    }

    /// Has the configuration given again, as if nothing had been.
    package mutating func forgetGiven() {
        self.given = nil
    }
}

/// Parameter sets by kind and number.
struct ParameterSets: Hashable {
    private(set) var video: [Int: ByteBuffer] = [:]
    private(set) var sequence: [Int: ByteBuffer] = [:]
    private(set) var picture: [Int: ByteBuffer] = [:]

    enum Kind { case video, sequence, picture }

    /// `numOfSequenceParameterSets` has 5 bits, `numOfPictureParameterSets` 8 (ISO/IEC 14496-15 section 5.3.3.1.2).
    private static let sequenceLimit = 31
    private static let pictureLimit = 255
    /// Lengths in records have 16 bits.
    private static let unitLimit = 1 << 16 - 1

    var isEmpty: Bool { self.video.isEmpty && self.sequence.isEmpty && self.picture.isEmpty }

    var size: Int {
        [self.video, self.sequence, self.picture].reduce(0) { sum, sets in
            sets.values.reduce(sum) { $0 + $1.readableBytes }
        }
    }

    /// False where there is no room for it.
    mutating func add(_ unit: ByteBuffer, _ kind: Kind, _ number: Int) -> Bool {
        guard unit.readableBytes <= Self.unitLimit else { return false }
        switch kind {
        case .video: return Self.add(unit, number, to: &self.video, limit: Self.sequenceLimit)
        case .sequence: return Self.add(unit, number, to: &self.sequence, limit: Self.sequenceLimit)
        case .picture: return Self.add(unit, number, to: &self.picture, limit: Self.pictureLimit)
        }
    }

    private static func add(_ unit: ByteBuffer, _ number: Int, to sets: inout [Int: ByteBuffer], limit: Int) -> Bool {
        guard sets[number] != nil || sets.count < limit else { return false }
        sets[number] = unit
        return true
    }

    mutating func merge(_ newer: ParameterSets) {
        for (number, unit) in newer.video { _ = self.add(unit, .video, number) }
        for (number, unit) in newer.sequence { _ = self.add(unit, .sequence, number) }
        for (number, unit) in newer.picture { _ = self.add(unit, .picture, number) }
    }

    func isPart(of other: ParameterSets) -> Bool {
        self.video.allSatisfy { other.video[$0.key] == $0.value }
            && self.sequence.allSatisfy { other.sequence[$0.key] == $0.value }
            && self.picture.allSatisfy { other.picture[$0.key] == $0.value }
    }

    static func inOrder(_ sets: [Int: ByteBuffer]) -> [ByteBuffer] {
        sets.sorted { $0.key < $1.key }.map(\.value)
    }
}
