import Media
import NIOCore
import Testing
import Wire

/// What of a picture or of sound has come before its message is whole.
@Suite struct RTMPArrivalTests {
    /// 400 bytes of video in chunks of 128.
    private static let picture: ByteBuffer = {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(.video(0, ByteBuffer(repeating: 0xAA, count: 400)), into: &bytes)
        return bytes
    }()

    /// Reads some bytes, and says what arrived by them.
    private static func arrival(_ bytes: ByteBuffer, _ decoder: inout RTMPChunkDecoder) throws -> MediaArrival {
        var rest = bytes
        while try decoder.next(from: &rest) != nil {}
        return decoder.arrival.take()
    }

    @Test func aPictureArrivesWhereverItIsCut() throws {
        let header = 12
        for place in 1..<Self.picture.readableBytes {
            var decoder = RTMPChunkDecoder()
            var pieces = Self.picture.cut(at: [place])
            var rest = pieces.removeFirst()
            #expect(try decoder.next(from: &rest) == nil)
            // Of a header's bytes alone nothing of the picture has come.
            let arrival = decoder.arrival.take()
            #expect(arrival.picture == (place > header), "\(place)")
            #expect(!arrival.sound && !arrival.unused)
            #expect(decoder.arrival.isEmpty)
            rest.writeImmutableBuffer(pieces[0])
            #expect(try decoder.next(from: &rest)?.payload.readableBytes == 400)
            #expect(decoder.arrival.isEmpty, "it is whole")
        }
    }

    @Test func byteByByteEveryByteOfThePictureIsOne() throws {
        var decoder = RTMPChunkDecoder()
        var rest = ByteBuffer()
        var arrivals = 0
        for piece in Self.picture.single {
            rest.writeImmutableBuffer(piece)
            while try decoder.next(from: &rest) != nil {}
            if decoder.arrival.take().picture { arrivals += 1 }
        }
        #expect(arrivals == 399)
    }

    @Test func whatComesBesideAnUnfinishedPictureIsNoPartOfIt() throws {
        let (head, tail) = (Self.picture.cut(at: [12 + 128])[0], Self.picture.cut(at: [12 + 128])[1])
        let others: [(RTMPMessageType, String)] = [
            (.userControl, "0006 00000001"), (.acknowledgement, "00000100"), (.windowAcknowledgementSize, "00001000"),
            (.setPeerBandwidth, "00001000 02"), (.dataAMF0, "02 0003 616263"), (.commandAMF0, "02 0003 616263"),
        ]
        var decoder = RTMPChunkDecoder()
        #expect(try Self.arrival(head, &decoder).picture)
        for (type, payload) in others {
            var bytes = ByteBuffer()
            RTMPChunkEncoder().write(RTMPMessage(type: type, payload: hex(payload)), into: &bytes)
            for piece in bytes.cut(at: [bytes.readableBytes]) {
                #expect(try Self.arrival(piece, &decoder).isEmpty, "\(type)")
            }
        }
        // Sound that is whole is a message; sound of which a part has come is none of the picture.
        var sound = ByteBuffer()
        RTMPChunkEncoder(chunkSize: 4096).write(.audio(0, ByteBuffer(repeating: 0xBB, count: 100)), into: &sound)
        #expect(try Self.arrival(sound, &decoder).isEmpty)
        let cut = sound.cut(at: [50])
        let arrival = try Self.arrival(cut[0], &decoder)
        #expect(arrival.sound && !arrival.picture)
        #expect(try Self.arrival(cut[1], &decoder).isEmpty)
        #expect(try Self.arrival(tail, &decoder).isEmpty)
    }

    @Test(arguments: [RTMPMessageType.dataAMF0, .dataAMF3, .commandAMF0, .sharedObjectAMF0])
    func anUnfinishedMessageOfDataIsNoMedia(_ type: RTMPMessageType) throws {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(RTMPMessage(type: type, payload: ByteBuffer(repeating: 0, count: 400)), into: &bytes)
        var decoder = RTMPChunkDecoder()
        #expect(try Self.arrival(bytes.cut(at: [300])[0], &decoder).isEmpty)
    }

    @Test func whoDoesNotPublishIsNotHeard() throws {
        var decoder = RTMPChunkDecoder(intake: .commands)
        #expect(try Self.arrival(Self.picture.cut(at: [300])[0], &decoder).isEmpty)
    }

    @Test func anAggregateMayBeBoth() throws {
        var bytes = ByteBuffer()
        let message = RTMPMessage(type: .aggregate, payload: ByteBuffer(repeating: 0, count: 400))
        RTMPChunkEncoder().write(message, into: &bytes)
        var decoder = RTMPChunkDecoder()
        let arrival = try Self.arrival(bytes.cut(at: [300])[0], &decoder)
        #expect(arrival.picture && arrival.sound)
    }
}
