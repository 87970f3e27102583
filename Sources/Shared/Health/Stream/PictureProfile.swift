/// The profile of a coded picture that browsers and most decoders do not play, by its codec string (RFC 6381): more colour or
/// more bits than 4:2:0 with 8 bits, or tools that hardware leaves out.
struct PictureProfile: Hashable, Sendable {
    /// As encoders call it.
    let name: String

    /// Nil of one that is played everywhere, and of what is no codec string of a picture.
    init?(codecString: String) {
        let parts = codecString.split(separator: ".", omittingEmptySubsequences: false)
        guard let codec = parts.first, parts.count > 1, let name = Self.name(codec, parts[1]) else { return nil }
        self.name = name
    }

    private static func name(_ codec: Substring, _ profile: Substring) -> String? {
        switch codec {
        case "avc1", "avc3":
            // ISO/IEC 14496-10 Annex A: profile_idc in two hexadecimal digits.
            switch UInt8(profile.prefix(2), radix: 16) {
            case 88: "H.264 Extended"
            case 110: "H.264 High 10"
            case 122: "H.264 High 4:2:2"
            case 244: "H.264 High 4:4:4"
            case 44: "H.264 CAVLC 4:4:4"
            default: nil
            }
        case "hvc1", "hev1":
            // ISO/IEC 23008-2 Annex A: 1 to 3 are Main, Main 10 and Main Still Picture.
            Int(profile.drop { $0.isLetter }).flatMap { (4...).contains($0) ? "H.265 with range extensions" : nil }
        case "av01": profile == "0" ? nil : profile == "1" ? "AV1 High" : "AV1 Professional"
        case "vp09": profile == "00" || profile == "02" ? nil : "VP9 profile \(Int(profile) ?? 0)"
        default: nil
        }
    }
}
