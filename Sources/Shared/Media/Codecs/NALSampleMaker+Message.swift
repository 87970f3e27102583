package import NIOCore

/// Samples that come as messages, as they do by RTMP: NAL units after lengths, all of an access unit in one message, if
/// the sender keeps to what is meant.
extension NALSampleMaker {
    /// How the bytes of a message are cut into NAL units.
    package enum Framing: Hashable, Sendable {
        /// Lengths of so many bytes, which add up to `end`, an index of the buffer: what stands behind is no unit.
        case lengths(Int, end: Int)
        /// Start codes between them.
        case byteStream

        /// Nil where the bytes are neither; `usual` is how many bytes a length has by the configuration record.
        package init?(_ message: ByteBuffer, _ codec: Codec, usual: Int) {
            let start = message.readerIndex
            let head = message.getInteger(at: start, as: UInt32.self) ?? UInt32.max
            let mayBeStream = head == 1 || head >> 8 == 1
            let check: Check = mayBeStream ? .forbiddenBit : .none
            // Short lengths add up by chance; long ones hardly ever.
            if usual < 4, Self.end(message, codec, size: 4, .kinds) == message.writerIndex {
                self = .lengths(4, end: message.writerIndex)
                return
            }
            if let end = Self.end(message, codec, size: usual, check) {
                self = .lengths(usual, end: end)
                return
            }
            let others = [4, 2, 1].filter { $0 != usual }
            for size in others where Self.end(message, codec, size: size, .kinds) == message.writerIndex {
                self = .lengths(size, end: message.writerIndex)
                return
            }
            guard mayBeStream else { return nil }
            self = .byteStream
        }

        /// What of a unit's header has to make sense before lengths are believed, where something else is as likely.
        private enum Check { case none, forbiddenBit, kinds }

        /// Where the units end whose lengths are so many bytes long; nil where they do not add up.
        ///
        /// Zeros behind the last unit, and fewer bytes than a length has, are passed over.
        private static func end(_ message: ByteBuffer, _ codec: Codec, size: Int, _ check: Check) -> Int? {
            var units = NALUnits(message, lengthSize: size)
            var end = message.readerIndex
            var count = 0
            while let range = units.next() {
                end = range.upperBound
                count += 1
                guard count <= NALSampleMaker.unitLimit else { return nil }
                guard check != .none, let unit = message.getSlice(at: range.lowerBound, length: range.count),
                    let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self)
                else { continue }
                // A byte stream may add up for a unit or two, and lengths of another size as well.
                if header & 0x80 != 0 || check == .kinds && NALUnitRole(unit, codec) == .none { return nil }
            }
            if units.isWellFormed { return message.writerIndex }
            guard end > message.readerIndex, message.writerIndex - end < size else { return nil }
            return end
        }
    }

    /// What a message is that is exactly one access unit.
    package enum WholeMessage: Hashable, Sendable {
        /// Its sample, in the very bytes of the message.
        case sample(Sample)
        /// Nothing has said how it is coded.
        case unconfigured
    }

    /// Takes a message of units after lengths of four bytes that is exactly one access unit; nil for any other, of which
    /// nothing has been taken then.
    package mutating func whole(_ message: ByteBuffer, stamp: Stamp) -> WholeMessage? {
        guard self.length == 0, !self.hasPicture, !self.hasStartCodes else { return nil }
        var splitter = self.splitter
        var sets: [ByteBuffer] = []
        var hasPicture = false
        var units = NALUnits(message, lengthSize: Self.lengthSize)
        while let range = units.next() {
            guard let unit = message.getSlice(at: range.lowerBound, length: range.count) else { return nil }
            let role = NALUnitRole(unit, self.codec)
            if role != .slice, AnnexBUnits.startCode(in: unit, from: unit.readerIndex) != nil { return nil }
            switch splitter.take(unit) {
            case .begins:
                guard !hasPicture else { return nil }
                hasPicture = true
            case .unsure:
                guard hasPicture || stamp.time != self.lastTime else { return nil }
                hasPicture = true
            case .within:
                guard hasPicture || role != .slice else { return nil }
            case .ahead:
                // Behind the picture it belongs to the next, which is the next message's.
                guard !hasPicture else { return nil }
            case .none:
                break
            }
            if role == .parameterSet { sets.append(unit) }
        }
        guard hasPicture, units.isWellFormed, let access = self.access(message, lengthSize: Self.lengthSize) else {
            return nil
        }
        self.splitter = splitter
        self.noteWhole(stamp)
        for unit in sets { _ = self.parameterSets.collect(unit) }
        let change = sets.isEmpty && self.configuration != nil ? nil : self.settle()
        guard self.configuration != nil else {
            self.unconfigured += 1
            return .unconfigured
        }
        return .sample(
            Sample(
                configuration: change,
                payload: message,
                isKeyframe: access.isStart(stamp.isRandomAccess),
                stamp: stamp,
                order: splitter.order
            )
        )
    }

    /// Whether there is a slice among the units, and something else as well.
    package func showsSeveralUnits(_ units: some Sequence<Range<Int>>, of message: ByteBuffer) -> Bool {
        var hasSlice = false
        var count = 0
        for range in units {
            guard let unit = message.getSlice(at: range.lowerBound, length: range.count) else { continue }
            count += 1
            hasSlice = hasSlice || NALUnitRole(unit, self.codec) == .slice
        }
        return hasSlice && count > 1
    }

    /// Appends the NAL units of a message.
    package mutating func append(_ message: ByteBuffer, _ framing: Framing) {
        switch framing {
        case .byteStream:
            for range in AnnexBUnits(message).prefix(Self.unitLimit) {
                if let unit = message.getSlice(at: range.lowerBound, length: range.count) { self.append(unit) }
            }
        case .lengths(let size, let end):
            let whole = message.getSlice(at: message.readerIndex, length: end - message.readerIndex) ?? message
            for range in NALUnits(whole, lengthSize: size) {
                if let unit = whole.getSlice(at: range.lowerBound, length: range.count) { self.append(unit) }
            }
        }
    }

    /// Puts the sets of a configuration record in force, in place of all others.
    package mutating func replaceSets(_ units: [ByteBuffer]) -> CodecConfiguration? {
        self.parameterSets.replace(units)
        for unit in units { self.splitter.learn(unit) }
        return self.settle()
    }
}
