/// Codes colour bars that travel to the right, as Constrained Baseline H.264 (ITU-T H.264), without an encoder.
///
/// An instantaneous-refresh picture holds eight uncoded macroblocks in its top row, one where each bar begins; their
/// colour is carried to the right and then down by intra prediction. The pictures between are one motion vector,
/// inherited by every macroblock. So a picture costs a few hundred bytes, and the rest of the bit rate is filler.
struct TestPicture: Sendable {
    let format: PictureFormat

    /// Pixels the bars travel a picture.
    private static let step = 4
    private static let frameNumberBits = 8

    /// Luma, Cb, Cr of 75 % colour bars (ITU-R BT.601), white to blue, then black.
    private static let colours: [(UInt8, UInt8, UInt8)] = [
        (180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58),
        (84, 184, 198), (65, 100, 212), (35, 212, 114), (16, 128, 128),
    ]

    init(format: PictureFormat) {
        self.format = format
    }

    /// Section 7.3.2.1, with a VUI that says the frame rate and that pictures are never reordered.
    var sequenceParameters: NALUnit {
        var bits = BitWriter()
        bits.put(66, bits: 8)
        bits.put(0b1100_0000, bits: 8)
        bits.put(Int(self.format.level), bits: 8)
        bits.putUnsigned(0)
        bits.putUnsigned(Self.frameNumberBits - 4)
        bits.putUnsigned(2)  // pic_order_cnt_type: output order is decoding order
        bits.putUnsigned(1)  // max_num_ref_frames
        bits.put(0, bits: 1)
        bits.putUnsigned(self.format.columns - 1)
        bits.putUnsigned(self.format.rows - 1)
        bits.put(1, bits: 1)  // frame_mbs_only_flag
        bits.put(1, bits: 1)  // direct_8x8_inference_flag
        let right = (self.format.columns * 16 - self.format.width) / 2
        let bottom = (self.format.rows * 16 - self.format.height) / 2
        bits.put(right + bottom > 0 ? 1 : 0, bits: 1)
        if right + bottom > 0 {
            for offset in [0, right, 0, bottom] { bits.putUnsigned(offset) }
        }
        bits.put(1, bits: 1)  // vui_parameters_present_flag
        self.putUsability(to: &bits)
        bits.finish()
        return NALUnit(.sequenceParameters, reference: 3, payload: bits.bytes)
    }

    /// Section E.1.1: timing and bitstream restriction alone.
    private func putUsability(to bits: inout BitWriter) {
        bits.put(0, bits: 4)  // no aspect ratio, overscan, video signal, chroma location
        bits.put(1, bits: 1)
        bits.put(1, bits: 32)
        bits.put(2 * self.format.framesPerSecond, bits: 32)
        bits.put(1, bits: 1)  // fixed_frame_rate_flag
        bits.put(0, bits: 3)  // no HRD parameters, no pic_struct
        bits.put(1, bits: 1)  // bitstream_restriction_flag
        bits.put(1, bits: 1)
        for value in [0, 0, 16, 16, 0, 1] { bits.putUnsigned(value) }
    }

    /// Section 7.3.2.2: CAVLC, one reference picture.
    var pictureParameters: NALUnit {
        var bits = BitWriter()
        for value in [0, 0] { bits.putUnsigned(value) }
        bits.put(0, bits: 2)
        for value in [0, 0, 0] { bits.putUnsigned(value) }
        bits.put(0, bits: 3)
        for value in [0, 0, 0] { bits.putSigned(value) }
        bits.put(0b100, bits: 3)  // deblocking_filter_control_present_flag
        bits.finish()
        return NALUnit(.pictureParameters, reference: 3, payload: bits.bytes)
    }

    /// The body of `avcC` (ISO/IEC 14496-15 section 5.3.3.1), with lengths of four bytes.
    var decoderConfiguration: [UInt8] {
        let sequence = self.sequenceParameters.bytes
        let picture = self.pictureParameters.bytes
        return [1, sequence[1], sequence[2], sequence[3], 0xff, 0xe1, 0, UInt8(sequence.count)] + sequence
            + [1, 0, UInt8(picture.count)] + picture
    }

    /// An IDR picture; `number` counts the IDR pictures of the stream, and two in a row must differ.
    func keyframe(number: Int) -> NALUnit {
        var bits = BitWriter()
        bits.putUnsigned(0)
        bits.putUnsigned(7)  // slice_type: I alone
        bits.putUnsigned(0)
        bits.put(0, bits: Self.frameNumberBits)
        bits.putUnsigned(number & 1)
        bits.put(0, bits: 2)  // dec_ref_pic_marking
        bits.putSigned(0)
        bits.putUnsigned(1)  // disable_deblocking_filter_idc
        for row in 0..<self.format.rows {
            for column in 0..<self.format.columns { self.putIntra(row: row, column: column, to: &bits) }
        }
        bits.finish()
        return NALUnit(.instantRefresh, reference: 3, payload: bits.bytes)
    }

    /// The picture `position` pictures after its IDR picture: everything `step` pixels further right.
    func successor(position: Int) -> NALUnit {
        var bits = BitWriter()
        bits.putUnsigned(0)
        bits.putUnsigned(5)  // slice_type: P alone
        bits.putUnsigned(0)
        bits.put(position, bits: Self.frameNumberBits)
        bits.put(0, bits: 3)  // no override, no list modification, sliding window marking
        bits.putSigned(0)
        bits.putUnsigned(1)
        for row in 0..<self.format.rows {
            // A skipped macroblock takes its neighbours' motion only where it has one to the left and one above
            // (section 8.4.1.1); the others say theirs, as a difference to the predicted one.
            for column in 0..<(row == 0 ? self.format.columns : 1) {
                bits.putUnsigned(row > 1 ? self.format.columns - 1 : 0)  // mb_skip_run
                bits.putUnsigned(0)  // P_L0_16x16
                bits.putSigned(row == 0 && column == 0 ? -4 * Self.step : 0)
                bits.putSigned(0)
                bits.putUnsigned(0)  // coded_block_pattern: none
            }
        }
        if self.format.rows > 1, self.format.columns > 1 { bits.putUnsigned(self.format.columns - 1) }
        bits.finish()
        return NALUnit(.slice, reference: 2, payload: bits.bytes)
    }

    private func isUncoded(row: Int, column: Int) -> Bool {
        row == 0 && column >= 0 && (column == 0 || self.bar(at: column) != self.bar(at: column - 1))
    }

    private func bar(at column: Int) -> Int { column * Self.colours.count / self.format.columns }

    /// macroblock_layer() of section 7.3.5 in an I slice.
    private func putIntra(row: Int, column: Int, to bits: inout BitWriter) {
        if self.isUncoded(row: row, column: column) {
            bits.putUnsigned(25)  // I_PCM
            bits.alignWithZeros()
            let (luma, blue, red) = Self.colours[self.bar(at: column)]
            bits.append(repeatElement(luma, count: 256))
            bits.append(repeatElement(blue, count: 64))
            bits.append(repeatElement(red, count: 64))
            return
        }
        bits.putUnsigned(row == 0 ? 2 : 1)  // I_16x16, predicted from the left or from above, nothing coded
        bits.putUnsigned(row == 0 ? 1 : 2)  // intra_chroma_pred_mode: the same
        bits.putSigned(0)
        // coeff_token of an empty DC block: its table follows the neighbours' number of coefficients, and an uncoded
        // macroblock counts as 16 (section 9.2.1).
        let nearUncoded =
            row == 0 ? self.isUncoded(row: 0, column: column - 1) : self.isUncoded(row: row - 1, column: column)
        if nearUncoded {
            bits.put(0b000011, bits: 6)
        } else {
            bits.put(1, bits: 1)
        }
    }
}
