import NIOCore
import Web

/// The first byte says into what pieces what an HTTP client sends is cut: the requests found are the same, and no byte is
/// lost or made up.
enum RequestFuzz {
    private struct Story: Equatable {
        /// Heads of requests of the relay's.
        var served: [ByteBuffer] = []
        /// What follows them, for whomever it is.
        var rest = ByteBuffer()
        /// Bytes of what is no whole request, or waits for an answer to the one before.
        var waiting = 0
        var isPassed = false
        var isHandedBack = false
    }

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        let whole = self.read([input], isAnswered: first & 1 == 0)
        let size = [1, 2, 3, 5, 16, 64, 129, 1000][Int(first >> 5)]
        var pieces: [ByteBuffer] = []
        var rest = input
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
            pieces.append(piece)
        }
        let cut = self.read(pieces, isAnswered: first & 1 == 0)
        precondition(whole == cut, "read whole: \(whole)\nread in pieces: \(cut)")
        let bytes = whole.served.reduce(0) { $0 + $1.readableBytes } + whole.rest.readableBytes + whole.waiting
        let lost = input.readableBytes - bytes
        let ends = input.readableBytesView.count { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        precondition((0...ends).contains(lost), "\(lost) bytes lost, with \(ends) ends of lines")
    }

    private static func read(_ pieces: [ByteBuffer], isAnswered: Bool) -> Story {
        var splitter = HTTPRequestSplitter(relay: "live")
        var story = Story()
        for piece in pieces {
            // Once it is for somebody else, whoever took it over reads the connection.
            guard !story.isHandedBack else {
                story.rest.writeImmutableBuffer(piece)
                continue
            }
            splitter.append(piece)
            reading: while true {
                switch splitter.next() {
                case .wait: break reading
                case .serve(let head):
                    precondition(!story.isPassed && !story.isHandedBack, "a request behind what was passed on")
                    story.served.append(head)
                    if isAnswered { splitter.answered() }
                case .pass(let bytes):
                    story.isPassed = true
                    story.rest.writeImmutableBuffer(bytes)
                case .handBack(let bytes):
                    story.isHandedBack = true
                    story.rest.writeImmutableBuffer(bytes)
                    break reading
                }
            }
        }
        story.waiting = splitter.waiting
        return story
    }
}
