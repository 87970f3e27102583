internal import CLibav
package import Media
package import NIOCore

/// Makes a still of a keyframe.
///
/// Each still has a decoder of its own, which ends with it: memory is held only while a picture is decoded, and nothing that a
/// stranger's picture leaves in a decoder meets the next one.
package enum StillDecoder {
    /// What is to be seen in a keyframe, one access unit as ``Packet/payload`` has it, of no more than so many pixels; nil
    /// where the decoder makes no picture of it. `grid` says at how many places across and down, of a width and a height, and
    /// `tiles` how many parts of it are wanted with all their pixels.
    package static func still(
        of payload: ByteBuffer,
        _ configuration: CodecConfiguration,
        pixels: Int,
        tiles: Int = 0,
        grid: (Int, Int) -> (columns: Int, rows: Int) = { _, _ in (StillPicture.columns, StillPicture.rows) }
    ) throws(LibavError) -> StillPicture? {
        let parameters = try StreamParameters(.video, configuration)
        let context = try DecoderContext.opened(parameters, pixels: pixels)
        try context.send(payload, isKeyframe: true)
        try context.finish()
        return try unsafe context.receive { unsafe Self.picture($0, grid, tiles: tiles) } ?? nil
    }

    private static func picture(
        _ frame: UnsafePointer<AVFrame>,
        _ grid: (Int, Int) -> (columns: Int, rows: Int),
        tiles: Int
    ) -> StillPicture? {
        let format = unsafe AVPixelFormat(frame.pointee.format)
        let (width, height) = unsafe (Int(frame.pointee.width), Int(frame.pointee.height))
        guard width > 0, height > 0, let description = unsafe av_pix_fmt_desc_get(format) else { return nil }
        let flags = unsafe description.pointee.flags
        let foreign = UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL)
        guard flags & foreign == 0 else { return nil }
        let isFull = unsafe frame.pointee.color_range == AVCOL_RANGE_JPEG
        let (columns, rows) = grid(width, height)
        let brightness = unsafe libav_component(description, 0)
        let luma = unsafe Self.samples(
            frame,
            brightness,
            width: width,
            height: height,
            columns: columns,
            rows: rows
        )
        let places = LumaTile.places(width: width, height: height, most: tiles)
        let coding = places.isEmpty ? [] : unsafe Self.quantisers(frame, width, height, depth: Int(brightness.depth))
        let parts = places.compactMap { place -> LumaTile? in
            let luma = unsafe Self.samples(
                frame,
                brightness,
                x: place.x,
                y: place.y,
                width: LumaTile.columns,
                height: LumaTile.rows,
                columns: LumaTile.columns,
                rows: LumaTile.rows
            )
            guard !luma.isEmpty else { return nil }
            let index = place.y / LumaTile.rows * (width / LumaTile.columns) + place.x / LumaTile.columns
            let quantiser = coding.indices.contains(index) ? coding[index] : nil
            return LumaTile(isFull ? luma : luma.map(Self.widened), quantiser: quantiser)
        }
        var colours: [[UInt8]] = [[], []]
        if unsafe description.pointee.nb_components >= 3 {
            let (across, down) = unsafe (description.pointee.log2_chroma_w, description.pointee.log2_chroma_h)
            for index in 0..<2 {
                colours[index] = unsafe Self.samples(
                    frame,
                    libav_component(description, Int32(index + 1)),
                    width: -(-width >> Int(across)),
                    height: -(-height >> Int(down)),
                    columns: (columns + 1) / 2,
                    rows: (rows + 1) / 2
                )
            }
        }
        return StillPicture(
            width: width,
            height: height,
            luma: isFull ? luma : luma.map(Self.widened),
            blue: colours[0],
            red: colours[1],
            tiles: parts
        )
    }

    /// The mean quantiser of each tile of the frame, row by row, as far down as it has blocks; empty where the decoder does not
    /// tell.
    private static func quantisers(
        _ frame: UnsafePointer<AVFrame>,
        _ width: Int,
        _ height: Int,
        depth: Int
    ) -> [Double?] {
        guard let coding = unsafe libav_coding(frame) else { return [] }
        let (across, down) = (width / LumaTile.columns, height / LumaTile.rows)
        var sums = [(sum: Int, count: Int)](repeating: (0, 0), count: across * down)
        // More bits for a sample begin their scale further below (ITU-T H.264 section 7.4.2.1.1, QpBdOffset).
        let start = Int(unsafe coding.pointee.qp) - 6 * (depth - 8)
        for index in 0..<(unsafe coding.pointee.nb_blocks) {
            let block = unsafe libav_block(coding, index)
            let (row, column) = (Int(block.src_y) / LumaTile.rows, Int(block.src_x) / LumaTile.columns)
            guard block.src_x >= 0, block.src_y >= 0, row < down, column < across else { continue }
            let place = row * across + column
            sums[place].sum += start + Int(block.delta_qp)
            sums[place].count += 1
        }
        return sums.map { $0.count > 0 ? Double($0.sum) / Double($0.count) : nil }
    }

    /// Brightness of 16...235 as 0...255.
    private static func widened(_ value: UInt8) -> UInt8 {
        UInt8(clamping: (Int(value) - 16) * 255 / 219)
    }

    /// One component at places on a grid over a rectangle of the frame, eight bits each.
    private static func samples(
        _ frame: UnsafePointer<AVFrame>,
        _ component: AVComponentDescriptor,
        x left: Int = 0,
        y top: Int = 0,
        width: Int,
        height: Int,
        columns: Int,
        rows: Int
    ) -> [UInt8] {
        guard let plane = unsafe libav_plane(frame, component.plane) else { return [] }
        let line = Int(unsafe libav_line_size(frame, component.plane))
        let (columns, rows) = (min(columns, width), min(rows, height))
        let (step, offset, depth) = (Int(component.step), Int(component.offset), Int(component.depth))
        guard depth >= 8, depth <= 16, columns > 0, rows > 0 else { return [] }
        var values = [UInt8]()
        values.reserveCapacity(columns * rows)
        for row in 0..<rows {
            // The middle of each cell.
            let y = top + (2 * row + 1) * height / (2 * rows)
            for column in 0..<columns {
                let x = left + (2 * column + 1) * width / (2 * columns)
                let place = unsafe plane + (y * line + x * step + offset)
                if depth == 8 {
                    values.append(unsafe place.pointee)
                } else {
                    let word = unsafe UInt16(place[0]) | UInt16(place[1]) << 8
                    values.append(UInt8(truncatingIfNeeded: (word >> UInt16(component.shift)) >> UInt16(depth - 8)))
                }
            }
        }
        return values
    }
}
