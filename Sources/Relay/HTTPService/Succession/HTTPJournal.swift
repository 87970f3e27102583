package import Fanout
import Linux
import NIOCore
import Sockets
import Streams
import Web

/// Where connections are written down and kept for the process that goes on with them when this one dies.
package struct HTTPKeeping: Sendable {
    let table: ExchangeTable
    let keeper: any ExchangeKeeper

    package init(_ table: ExchangeTable, keeper: any ExchangeKeeper) {
        self.table = table
        self.keeper = keeper
    }
}

/// A connection that outlives the process for as long as this is held: how its exchange stands, and where it is kept.
struct KeptConnection: Sendable {
    let journal: ExchangeJournal
    let number: UInt64
    var exchange: Exchange

    /// Nil where it cannot be kept.
    ///
    /// - Parameters:
    ///   - exchange: how it stands.
    ///   - socket: the connection.
    ///   - known: what it is kept as already; nil: it is new.
    ///   - keeping: where it is kept.
    init?(_ exchange: Exchange, of socket: AdoptedSocket, keptAs known: UInt64? = nil, _ keeping: HTTPKeeping) {
        guard let journal = keeping.table.take() else { return nil }
        // Before anybody is told of the place: from then on it is gone on from.
        journal.note(exchange)
        let number = socket.lend { keeping.keeper.keep($0, as: known, at: journal.place) } ?? nil
        guard let number else { return nil }
        self.journal = journal
        self.number = number
        self.exchange = exchange
    }
}

/// Stands at the socket's end of an HTTP connection and writes down how its exchange stands, from the first segment on that is
/// asked for: what the socket has taken of the answer the kernel counts.
///
/// A connection that asks for playlists and probes alone is not kept: its answers are in the kernel at once.
final class HTTPJournal: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// An answer that is written.
    private struct Answer {
        let body: Exchange.Body
        let isLast: Bool
        var head: ByteBuffer?
        var written: UInt64 = 0
        var isNoted = false
    }

    private let socket: AdoptedSocket
    private let keeping: HTTPKeeping
    private var kept: KeptConnection?
    /// What has come and is not being answered yet.
    private var input: ByteBuffer
    private var answer: Answer?

    /// - Parameters:
    ///   - socket: the connection.
    ///   - input: what was read of it before.
    ///   - kept: where it is kept already.
    ///   - keeping: where it is kept from the first segment on.
    init(_ socket: AdoptedSocket, input: ByteBuffer, kept: KeptConnection? = nil, _ keeping: HTTPKeeping) {
        self.socket = socket
        self.input = input
        self.kept = kept
        self.keeping = keeping
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.forget()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if self.input.readableBytes == 0 {
            self.input = bytes
        } else {
            self.input.writeImmutableBuffer(bytes)
        }
        self.kept?.exchange.taken &+= UInt64(bytes.readableBytes)
        self.note()
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if self.kept != nil, var answer = self.answer.take() {
            let data = self.unwrapOutboundIn(data)
            if answer.head == nil, case .byteBuffer(let head) = data { answer.head = head }
            answer.written += UInt64(data.readableBytes)
            self.answer = answer
        }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        if let answer = self.answer, !answer.isNoted, let head = answer.head, self.kept != nil {
            self.answer?.isNoted = true
            // Where the kernel cannot say, as much as by the end of the answer before.
            if let progress = self.progress { self.kept?.exchange.given = progress.given }
            self.kept?.exchange.state = .answering(
                Exchange.Answer(head: head, body: answer.body, isLast: answer.isLast)
            )
            self.note()
        }
        context.flush()
    }

    // MARK: For the connection

    /// Has the connection outlive the process from here on, if it can: what its peer has asked for is not being answered yet.
    func keep() {
        guard self.kept == nil, let progress = self.progress else { return }
        self.kept = KeptConnection(
            Exchange(taken: progress.taken, given: progress.given, input: self.input),
            of: self.socket,
            self.keeping
        )
    }

    /// An answer is written next; so many bytes of what has come are of requests behind the one that is answered.
    func begin(_ reply: HTTPReply, isBodyless: Bool, isLast: Bool, waiting: Int) {
        if reply.cache.isForever, !isBodyless { self.keep() }
        self.input.moveReaderIndex(forwardBy: max(self.input.readableBytes - waiting, 0))
        if self.input.readableBytes == 0 { self.input = ByteBuffer() }
        guard self.kept != nil else { return }
        self.answer = Answer(body: isBodyless ? .bytes(ByteBuffer()) : Self.body(of: reply), isLast: isLast)
    }

    /// The kernel has the whole answer.
    func finish() {
        guard let answer = self.answer.take() else { return }
        self.kept?.exchange.state = .reading
        self.kept?.exchange.given &+= answer.written
        self.note()
    }

    /// The same, of an answer that another process has begun.
    func finishResumed(having given: UInt64) {
        self.kept?.exchange.state = .reading
        self.kept?.exchange.given = given
        self.note()
    }

    /// The connection is over, or somebody else's.
    func forget() {
        guard let kept = self.kept.take() else { return }
        self.keeping.keeper.forget(kept.number)
    }

    // MARK: Inside

    private var progress: SocketProgress? { self.socket.lend { SocketProgress(of: $0) } ?? nil }

    private func note() {
        self.kept?.exchange.input = self.input
        if let kept = self.kept { kept.journal.note(kept.exchange) }
    }

    /// A segment stays where it is, on a tape that outlives the process.
    private static func body(of reply: HTTPReply) -> Exchange.Body {
        guard let copy = reply.holds as? SegmentCopy, let tape = copy.kept,
            let start = UInt64(exactly: reply.partOffset)
        else { return .bytes(reply.body) }
        return .tape(
            Exchange.TapeRange(tape: tape, range: copy.range),
            part: start..<start + UInt64(reply.body.readableBytes)
        )
    }
}
