package import NIOCore

/// Finds where access units of H.264 and H.265 begin among their NAL units, by the codings' own rules and by nothing that
/// carries them: ITU-T H.264 sections 7.4.1.2.3 and 7.4.1.2.4, H.265 section 7.4.2.4.4.
///
/// It decides at slices only: what stands ahead of a picture (delimiters, parameter sets, supplemental information) may as
/// well stand between two slices of one, in streams of encoders that do not know better, or between the two fields of
/// a frame, which are one access unit here as they are one sample in ISO BMFF.
package struct AccessUnitSplitter: Sendable {
    package enum Place: Hashable, Sendable {
        /// It belongs to the picture that comes next, unless the next slice turns out to go on with the present one.
        case ahead
        /// It belongs to the present access unit.
        case within
        /// It is the first slice of a picture.
        case begins
        /// A slice that goes on with a picture, but nothing tells whether with the present one: what carries it must.
        case unsure
        /// No NAL unit.
        case none
    }

    /// Where a picture stands in the order of showing.
    package struct Order: Hashable, Sendable, Codable {
        /// Changes whenever the count begins anew.
        package var sequence: UInt32
        /// `PicOrderCnt`.
        package var count: Int

        package init(sequence: UInt32, count: Int) {
            self.sequence = sequence
            self.count = count
        }
    }

    private enum Syntax: Sendable {
        case h264(AVCPictureSets, last: AVCSliceHeader?)
        case hevc(HEVCPictureSets)
    }

    package let codec: Codec
    private var syntax: Syntax
    private var hasPicture = false
    /// The picture is the second field of a frame, after which there can be no third.
    private var isSecondField = false
    /// The slice that covers the picture's first macroblock has come.
    private var hasFirstSlice = false
    /// Something stands ahead of the next picture.
    private var hasAhead = false
    /// An end of sequence came: the next slice begins a picture whatever it says.
    private var hasEnded = false

    /// Of the picture that began last; nil where it does not tell.
    package private(set) var order: Order?
    private var sequence: UInt32 = 0
    /// `PicOrderCnt` of the last picture that others may refer to.
    private var referenceCount = 0

    /// Nil for codings without NAL units.
    package init?(_ codec: Codec) {
        switch codec {
        case .h264: self.syntax = .h264(AVCPictureSets(), last: nil)
        case .hevc: self.syntax = .hevc(HEVCPictureSets())
        default: return nil
        }
        self.codec = codec
    }

    /// What comes next has nothing to do with the picture before it: something is missing between them.
    package mutating func forgetPicture() {
        self.hasPicture = false
        self.hasAhead = false
        if case .h264(let sets, _) = self.syntax { self.syntax = .h264(sets, last: nil) }
    }

    /// Takes a parameter set that comes from elsewhere than the stream.
    package mutating func learn(_ unit: ByteBuffer) {
        switch self.syntax {
        case .h264(var sets, let last):
            sets.note(unit)
            self.syntax = .h264(sets, last: last)
        case .hevc(var sets):
            sets.note(unit)
            self.syntax = .hevc(sets)
        }
    }

    /// Takes the next NAL unit, its header included, and says where it belongs. Of a slice the first bytes are enough.
    package mutating func take(_ unit: ByteBuffer) -> Place {
        switch NALUnitRole(unit, self.codec) {
        case .slice:
            return self.takeSlice(unit)
        case .parameterSet:
            self.learn(unit)
            return self.takeAhead()
        case .ahead:
            return self.takeAhead()
        case .behind:
            return self.hasAhead ? .ahead : .within
        case .end:
            self.hasEnded = true
            return .within
        case .none:
            return .none
        }
    }

    private mutating func takeAhead() -> Place {
        guard self.hasPicture else { return .within }
        self.hasAhead = true
        return .ahead
    }

    private mutating func takeSlice(_ unit: ByteBuffer) -> Place {
        let place: Place
        switch self.syntax {
        case .h264(let sets, let last):
            guard let slice = AVCSliceHeader(unit, sets) else {
                place = self.hasPicture ? .unsure : .begins
                break
            }
            place = self.place(of: slice, after: last)
            if place == .begins {
                self.isSecondField = false
                self.begin(slice, isInstant: slice.picture?.instant != nil)
                self.syntax = .h264(sets, last: slice)
            } else if let picture = slice.picture, let before = last?.picture, picture.structure != before.structure {
                self.isSecondField = true
                self.hasFirstSlice = false
                self.syntax = .h264(sets, last: slice)
            } else if last?.picture == nil {
                self.syntax = .h264(sets, last: slice)
            }
            if slice.firstMacroblock == 0 { self.hasFirstSlice = true }
        case .hevc(let sets):
            let slice = HEVCSliceHeader(unit, sets)
            place = !self.hasPicture || self.hasEnded || slice?.isFirst == true ? .begins : .within
            if place == .begins { self.begin(slice, unit) }
        }
        self.hasPicture = true
        self.hasAhead = false
        self.hasEnded = false
        return place
    }

    private func place(of slice: AVCSliceHeader, after last: AVCSliceHeader?) -> Place {
        guard self.hasPicture, let last, !self.hasEnded else { return .begins }
        if slice.isRedundant { return .within }
        guard let picture = slice.picture, let before = last.picture else {
            return slice.firstMacroblock == 0 ? .begins : .unsure
        }
        if !self.isSecondField, picture.completes(before) { return .within }
        guard picture.isSame(as: before) else { return .begins }
        // Cameras that give all their IDR pictures one number have pictures that differ in nothing. Slices in arbitrary
        // order, which hardly anything sends, have a first one behind others.
        if slice.firstMacroblock == 0 {
            return self.hasFirstSlice || picture.parameters != before.parameters ? .begins : .within
        }
        return .within
    }

    // MARK: Order

    private mutating func begin(_ slice: AVCSliceHeader, isInstant: Bool) {
        self.hasFirstSlice = false
        if isInstant {
            self.sequence &+= 1
            self.referenceCount = 0
        }
        guard let picture = slice.picture, let bits = slice.orderBits else {
            self.order = nil
            return
        }
        self.setOrder(picture.order, bits: bits, isReference: picture.isReference)
    }

    private mutating func begin(_ slice: HEVCSliceHeader?, _ unit: ByteBuffer) {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt16.self) else { return }
        let kind = header >> 9 & 0x3F
        if (16...20).contains(kind) {
            self.sequence &+= 1
            self.referenceCount = 0
        }
        guard let slice, let order = slice.order, let bits = slice.orderBits else {
            self.order = nil
            return
        }
        // Section 8.3.1: sub-layer 0, neither leading nor what nothing refers to.
        let isReference = header & 7 == 1 && !(6...9).contains(kind) && (kind >= 16 || kind % 2 == 1)
        self.setOrder(order, bits: bits, isReference: isReference)
    }

    /// The count nearest to that of the last reference picture: sections 8.2.1.1 of H.264 and 8.3.1 of H.265.
    private mutating func setOrder(_ lowBits: Int, bits: Int, isReference: Bool) {
        let size = 1 << bits
        let distance = (lowBits - self.referenceCount) & (size - 1)
        let count = self.referenceCount &+ (distance >= size / 2 ? distance - size : distance)
        self.order = Order(sequence: self.sequence, count: count)
        if isReference { self.referenceCount = count }
    }
}
