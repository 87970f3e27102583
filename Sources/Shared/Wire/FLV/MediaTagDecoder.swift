package import Media
import NIOCore

/// Makes source events of the bodies of audio and video tags, as one publisher sends them.
///
/// A tag that is refused changes nothing: what comes after is decoded as if it had not been there.
package struct MediaTagDecoder: Sendable {
    var tracks: [TrackID: MediaTagTrack] = [:]
    /// Those of codings with NAL units, whose messages are looked into.
    var nalTracks: [TrackID: NALTagTrack] = [:]
    let trackLimit: Int

    /// What a source may have, and a tag name, unless said otherwise; OBS sends at most six of each kind.
    package static let defaultTrackLimit = 32

    /// A picture that waits for the rest of it goes out when another track is so far ahead, µs.
    private static let waitLimit: Int64 = 100_000

    /// Access units dropped because nothing had said yet how they are coded.
    package var droppedBeforeConfiguration: UInt64 {
        self.nalTracks.values.reduce(self.dropped) { $0 + $1.unconfigured }
    }

    var dropped: UInt64 = 0

    /// Tracks whose share of a tag was refused while the other tracks of the same tag were taken; each is told as an
    /// omission, too.
    package internal(set) var refusedShares: UInt64 = 0

    package init(trackLimit: Int = Self.defaultTrackLimit) {
        self.trackLimit = trackLimit
    }

    /// What the tag says of its tracks, in its order; nothing for scripts, commands, ends of sequence and silence.
    ///
    /// A configuration comes again whenever the source repeats it. Timestamps are the tag's, in microseconds, with
    /// the nanosecond offset that a ModEx packet may add.
    package mutating func decode(_ tag: FLVTag) throws(FLVError) -> [SourceEvent] {
        guard tag.kind != .script else { return [] }
        let message = try MediaTagMessage(tag, trackLimit: self.trackLimit)
        let timestamp = Int64(tag.timestamp) * 1000 + Int64(message.nanoseconds / 1000)
        var events: [SourceEvent] = []
        var refusals: [FLVError] = []
        for share in message.shares {
            do throws(FLVError) {
                try self.take(share, tag.kind, timestamp, &events)
            } catch {
                refusals.append(error)
            }
        }
        self.flush(to: timestamp, except: message.shares, tag.kind, &events)
        guard let first = refusals.first else { return events }
        // With several tracks in a tag the good ones must not suffer for the bad one.
        guard !events.isEmpty else { throw first }
        self.refusedShares += UInt64(refusals.count)
        return events + refusals.map { .omission($0.omission(from: tag.kind)) }
    }

    /// What waits for more, because nothing more comes.
    package mutating func flush() -> [SourceEvent] {
        var events: [SourceEvent] = []
        for id in self.nalTracks.keys.sorted() { self.nalTracks[id]?.flush(&events) }
        return events
    }

    private mutating func flush(
        to timestamp: Int64,
        except shares: [MediaTagMessage.Share],
        _ kind: FLVTag.Kind,
        _ events: inout [SourceEvent]
    ) {
        for (id, track) in self.nalTracks {
            guard let waiting = track.waiting, !(0..<Self.waitLimit).contains(timestamp - waiting),
                kind != .video || !shares.contains(where: { $0.track == id.index })
            else { continue }
            self.nalTracks[id]?.flush(&events)
        }
    }

    /// Takes a share of a track whose coding has NAL units.
    private mutating func take(
        _ content: MediaTagMessage.Content,
        nal id: TrackID,
        _ codec: Codec,
        _ timestamp: Int64,
        _ events: inout [SourceEvent]
    ) throws(FLVError) {
        let isNew = self.nalTracks[id]?.codec != codec
        if isNew {
            let isKnown = self.nalTracks[id] != nil || self.tracks[id] != nil
            guard isKnown || self.tracks.count + self.nalTracks.count < self.trackLimit else {
                throw .tooManyTracks(.video, limit: self.trackLimit)
            }
            guard let track = NALTagTrack(id, codec) else { return }
            self.nalTracks[id] = track
            self.tracks[id] = nil
        }
        switch content {
        case .nothing, .channels:
            break
        case .configuration(let record):
            guard record.readableBytes <= MediaTagTrack.recordLimit else {
                throw .configurationTooLarge(id, codec, record.readableBytes, limit: MediaTagTrack.recordLimit)
            }
            try self.nalTracks[id]?.configure(record, &events)
        case .accessUnit(let bytes, let compositionTime, let isFlagged):
            guard bytes.readableBytes > 0 else { return }
            try self.nalTracks[id]?.take(
                bytes,
                timestamp: timestamp,
                offset: Int64(compositionTime) * 1000,
                isFlagged: isFlagged,
                &events
            )
        }
    }

    private mutating func take(
        _ share: MediaTagMessage.Share,
        _ kind: FLVTag.Kind,
        _ timestamp: Int64,
        _ events: inout [SourceEvent]
    ) throws(FLVError) {
        let codec: Codec
        switch share.coding {
        case .known(let known): codec = known
        case .unknown(let code): throw .fourCC(code, kind)
        }
        let id = TrackID(codec.kind, share.track)
        if codec == .h264 || codec == .hevc {
            if case .nothing = share.content { return }
            try self.take(share.content, nal: id, codec, timestamp, &events)
            return
        }
        var track: MediaTagTrack
        if let known = self.tracks[id], known.codec == codec {
            track = known
        } else {
            track = MediaTagTrack(id: id, codec: codec)
        }

        switch share.content {
        case .nothing:
            return
        case .channels(let count):
            track.announcedChannels = count
        case .configuration(let record):
            if let configuration = try track.configure(record) { events.append(.configuration(id, configuration)) }
        case .accessUnit(let bytes, let compositionTime, _):
            guard bytes.readableBytes > 0 else { return }
            guard let unit = try track.accessUnit(bytes) else {
                self.dropped += 1
                return
            }
            if let configuration = unit.configuration { events.append(.configuration(id, configuration)) }
            events.append(
                .packet(
                    SourcePacket(
                        track: id,
                        timestamp: timestamp,
                        compositionOffset: Int64(compositionTime) * 1000,
                        isKeyframe: unit.isKeyframe,
                        payload: unit.payload
                    )
                )
            )
        }
        let count = self.tracks.count + self.nalTracks.count
        guard self.tracks[id] != nil || self.nalTracks[id] != nil || count < self.trackLimit else {
            events.removeAll { $0.track == id }
            throw .tooManyTracks(kind, limit: self.trackLimit)
        }
        self.tracks[id] = track
        self.nalTracks[id] = nil
    }
}

extension SourceEvent {
    fileprivate var track: TrackID? {
        switch self {
        case .configuration(let track, _): track
        case .packet(let packet): packet.track
        case .omission: nil
        }
    }
}
