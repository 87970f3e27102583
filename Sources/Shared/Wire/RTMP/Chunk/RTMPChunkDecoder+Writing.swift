import NIOCore

/// Where a decoder of what a player says stands, in few bytes: in the midst of a message, too, for players say little at a time.
extension RTMPChunkDecoder {
    /// - Returns: false where a message has too many bytes to be written.
    func write(to bytes: inout ByteBuffer) -> Bool {
        guard self.streams.count <= Int(UInt8.max) else { return false }
        bytes.writeInteger(self.offset)
        bytes.writeInteger(self.chunkSize)
        bytes.writeInteger(UInt8(self.streams.count))
        for stream in self.streams {
            guard let count = UInt16(exactly: stream.assembly.readableBytes) else { return false }
            bytes.writeInteger(stream.id)
            stream.header.write(to: &bytes)
            bytes.writeInteger(stream.isSkipped ? 1 : 0, as: UInt8.self)
            bytes.writeInteger(stream.missing)
            bytes.writeInteger(count)
            bytes.writeImmutableBuffer(stream.assembly)
        }
        bytes.writeInteger(self.chunk.map { Int16($0.place) } ?? -1)
        bytes.writeInteger(Int32(clamping: self.chunk?.missing ?? 0))
        return true
    }

    /// Nil where no decoder can have stood so.
    init?(readingPlayersFrom bytes: inout ByteBuffer, limits: RTMPLimits) {
        guard let offset = bytes.readInteger(as: UInt64.self), offset < 1 << 60,
            let chunkSize = bytes.readInteger(as: Int32.self), chunkSize > 0,
            let count = bytes.readInteger(as: UInt8.self), count <= limits.chunkStreams
        else { return nil }
        self.init(limits: limits, intake: .commands, offset: offset)
        self.chunkSize = chunkSize
        for _ in 0..<count {
            guard let stream = RTMPChunkStream(reading: &bytes, limits: limits) else { return nil }
            self.streams.append(stream)
        }
        guard let place = bytes.readInteger(as: Int16.self), let missing = bytes.readInteger(as: Int32.self) else {
            return nil
        }
        self.unfinishedBytes = self.streams.reduce(0) { $0 + $1.assembly.readableBytes }
        guard self.unfinishedBytes <= limits.unfinishedBytes(.commands) else { return nil }
        guard place >= 0 else { return }
        guard self.streams.indices.contains(Int(place)),
            (0...min(chunkSize, self.streams[Int(place)].missing)).contains(missing)
        else { return nil }
        self.chunk = (Int(place), Int(missing))
    }
}

extension RTMPChunkStream {
    /// Nil where none of a player's can be so.
    fileprivate init?(reading bytes: inout ByteBuffer, limits: RTMPLimits) {
        guard let id = bytes.readInteger(as: UInt32.self), let header = RTMPChunkHeader(reading: &bytes),
            let isSkipped = bytes.readInteger(as: UInt8.self), let missing = bytes.readInteger(as: Int32.self),
            let count = bytes.readInteger(as: UInt16.self), let assembly = bytes.readSlice(length: Int(count)),
            (0...header.length).contains(missing)
        else { return nil }
        self.init(id: id, header: header)
        self.missing = missing
        self.isSkipped = isSkipped != 0
        self.assembly = ByteBuffer(bytes: assembly.readableBytesView)
        // What is kept of a message is all of it that has come.
        let come = missing > 0 && !self.isSkipped ? header.length - missing : 0
        guard count == come, self.isSkipped || missing == 0 || header.length <= limits.unfinishedBytes(.commands) else {
            return nil
        }
    }
}
