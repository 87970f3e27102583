package import Media
import NIOCore

/// Makes source events of the bodies of audio and video tags, as one publisher sends them.
///
/// A tag that is refused changes nothing: what comes after is decoded as if it had not been there.
package struct MediaTagDecoder: Sendable {
    private var tracks: [TrackID: MediaTagTrack] = [:]
    private let trackLimit: Int

    /// What a source may have, and a tag name, unless said otherwise; OBS sends at most six of each kind.
    package static let defaultTrackLimit = 32

    /// Access units dropped because nothing had said yet how they are coded.
    package private(set) var droppedBeforeConfiguration: UInt64 = 0

    /// Tracks whose share of a tag was refused while the other tracks of the same tag were taken; each is told as an
    /// omission, too.
    package private(set) var refusedShares: UInt64 = 0

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
        guard let first = refusals.first else { return events }
        // With several tracks in a tag the good ones must not suffer for the bad one.
        guard !events.isEmpty else { throw first }
        self.refusedShares += UInt64(refusals.count)
        return events + refusals.map { .omission($0.omission(from: tag.kind)) }
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
        case .accessUnit(let bytes, let compositionTime, let isFlagged):
            guard bytes.readableBytes > 0 else { return }
            guard let unit = try track.accessUnit(bytes, isFlaggedKeyframe: isFlagged) else {
                self.droppedBeforeConfiguration += 1
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
        guard self.tracks[id] != nil || self.tracks.count < self.trackLimit else {
            events.removeAll { $0.track == id }
            throw .tooManyTracks(kind, limit: self.trackLimit)
        }
        self.tracks[id] = track
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
