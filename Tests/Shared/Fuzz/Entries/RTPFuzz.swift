import Media
import NIOCore
import Wire

/// The first byte says which format and how, the rest are packets: a byte for what is special, two for the length.
enum RTPFuzz {
    private static let formats = [
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
            + "a=fmtp:96 sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==",
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000", "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000",
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=2",
        "m=video 0 RTP/AVP 96\na=rtpmap:96 VP9/90000", "m=video 0 RTP/AVP 96\na=rtpmap:96 AV1/90000",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/48000/2\na=fmtp:96 mode=AAC-hbr;config=1190",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/48000/2\na=fmtp:96 mode=AAC-lbr;config=1190;"
            + "CTSDeltaLength=7;DTSDeltaLength=3;randomAccessIndication=1;auxiliaryDataSizeLength=5",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 MP4A-LATM/48000\na=fmtp:96 cpresent=0;config=400023103fc0",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 MP4A-LATM/48000", "m=audio 0 RTP/AVP 96\na=rtpmap:96 MPA/90000",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 opus/48000/2", "m=audio 0 RTP/AVP 96\na=rtpmap:96 L16/44100/2",
        "m=video 0 RTP/AVP 96\na=rtpmap:96 MP2T/90000",
        "m=audio 0 RTP/AVP 0 96\na=rtpmap:96 MPEG4-GENERIC/16000\na=fmtp:96 mode=AAC-hbr;constantSize=7",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 ac3/48000", "m=audio 0 RTP/AVP 96\na=rtpmap:96 eac3/48000",
    ]

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        let sdp = Self.formats[Int(first & 0x7F) % Self.formats.count]
        guard let session = try? SessionDescription(parsing: sdp) else {
            preconditionFailure("the fuzzer's own description is none")
        }
        var configuration = RTPReceiverConfiguration(canonicalName: "fuzz", source: 1)
        configuration.onLoss = first & 0x80 == 0 ? .pass : .hold
        configuration.reorderPackets = 8
        guard var receiver = try? RTPReceiver(session, configuration: configuration) else {
            preconditionFailure("the fuzzer's own description cannot be received")
        }
        var judge = Judge()
        var sequence: UInt16 = 65_530
        var timestamp: UInt32 = 0xFFFF_F000
        var now: Int64 = 0
        while let special: UInt8 = input.readInteger(), let length: UInt16 = input.readInteger() {
            guard let bytes = input.readSlice(length: min(Int(length), input.readableBytes)) else { return }
            now += special & 0x40 != 0 ? 200_000 : 5000
            if let deadline = receiver.deadline, deadline <= now {
                judge.take(receiver.tick(now: now))
                _ = receiver.reports(now: now, wall: now)
            }
            if special & 0x08 != 0 {
                judge.take(receiver.receiveRTP(bytes, media: 0, now: now))
                continue
            }
            if special & 0x10 != 0 {
                judge.take(receiver.receiveRTCP(bytes, media: 0, now: now, wall: now))
                continue
            }
            sequence &+= special & 0x20 != 0 ? 0 : special & 0x02 != 0 ? 2 : 1
            if special & 0x04 != 0 { timestamp &+= 3000 }
            let packet = RTPPacket(
                marker: special & 1 != 0,
                payloadType: 96,
                sequence: sequence,
                timestamp: timestamp,
                source: special & 0x80 != 0 ? 2 : 1,
                payload: bytes
            )
            var whole = ByteBuffer()
            packet.writeHeader(into: &whole)
            whole.writeImmutableBuffer(bytes)
            judge.take(receiver.receiveRTP(whole, media: 0, now: now))
        }
        judge.take(receiver.tick(now: .max))
        _ = receiver.statistics
    }

    /// What has to hold of everything that comes out.
    private struct Judge {
        var configurations: [TrackID: CodecConfiguration] = [:]

        mutating func take(_ events: [RTPReceiverEvent]) {
            for event in events {
                switch event {
                case .source(.configuration(let track, let configuration)):
                    self.configurations[track] = configuration
                case .source(.packet(let packet)):
                    guard let configuration = self.configurations[packet.track] else {
                        preconditionFailure("a packet came before its configuration")
                    }
                    precondition(packet.payload.readableBytes > 0, "an access unit is empty")
                    guard let lengthSize = configuration.nalLengthSize else { continue }
                    var units = NALUnits(packet.payload, lengthSize: lengthSize)
                    while units.next() != nil {}
                    precondition(units.isWellFormed, "lengths of NAL units do not add up")
                case .source(.omission), .transportStream, .transportStreamGap, .goodbye:
                    break
                }
            }
        }
    }
}
