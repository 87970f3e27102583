internal import CLibav
package import Media

/// Why libav, or the code around it, could not do what was asked.
package enum LibavError: Error, Hashable, Sendable {
    /// A call into libav failed: its name, its code (an `AVERROR`), libav's words for it, and what was being done.
    case failed(call: String, code: Int32, text: String, doing: String)

    /// The libraries cannot be loaded; the loader's words for it.
    case missing(String)

    /// libav could not allocate; the name of the call.
    case outOfMemory(call: String)

    /// The format has no place for the coding.
    case unsupported(Codec, format: ContainerFormat)

    /// The libraries have no decoder of the coding.
    case undecodable(Codec)

    /// A configuration lacks what the format's header must say.
    case incomplete(TrackID, Codec, missing: String)

    /// The packet's track was not among those the muxer was made for.
    case unknownTrack(TrackID)

    /// A configuration's record cannot be read.
    case configuration(TrackID, CodecError)

    /// A packet's bytes are not what its track's configuration says they are.
    case malformed(TrackID, Codec, reason: String)

    /// Turns a negative return value into an error.
    @discardableResult
    static func check(
        _ result: Int32,
        _ call: @autoclosure () -> String,
        doing: @autoclosure () -> String
    ) throws(LibavError) -> Int32 {
        guard result < 0 else { return result }
        guard result != libav_error(ENOMEM) else { throw .outOfMemory(call: call()) }
        throw .failed(call: call(), code: result, text: self.text(of: result), doing: doing())
    }

    private static func text(of code: Int32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AV_ERROR_MAX_STRING_SIZE)) { words in
            guard let base = words.baseAddress, unsafe av_strerror(code, base, words.count) >= 0 else {
                return "error \(code)"
            }
            return unsafe String(cString: base)
        }
    }
}

/// The wire formats libav writes for us.
package enum ContainerFormat: String, Hashable, Sendable, CaseIterable {
    case mp4 = "fragmented MP4"
    case mpegTS = "MPEG-TS"
}

extension LibavError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .failed(let call, let code, let text, let doing): "\(call) failed while \(doing): \(text) (\(code))"
        case .missing(let reason): "FFmpeg's libraries cannot be loaded: \(reason)"
        case .outOfMemory(let call): "\(call) could not allocate memory"
        case .unsupported(let codec, let format): "\(codec.rawValue) cannot be carried in \(format.rawValue)"
        case .undecodable(let codec): "FFmpeg's libraries have no decoder of \(codec.rawValue)"
        case .incomplete(let track, let codec, let missing):
            "the configuration of \(track.kind) track \(track.index) (\(codec.rawValue)) lacks its \(missing)"
        case .unknownTrack(let track): "\(track.kind) track \(track.index) is not among the muxer's tracks"
        case .configuration(let track, let error):
            "the configuration of \(track.kind) track \(track.index) cannot be used: \(error)"
        case .malformed(let track, let codec, let reason):
            "a packet of \(track.kind) track \(track.index) is not \(codec.rawValue): \(reason)"
        }
    }
}
