import Admission
import Contract
import Fanout
import Linux
import Logging
import NIOCore
import Sessions
import Sockets
import Streams
import Synchronization
import Tape

/// Going on with connections of an instance that is dead whose peers ask and are answered in turn.
extension RelayServer {
    /// What was read of a tape, and what answers for its memory.
    struct TapeCopy: Sendable {
        let bytes: ByteBuffer
        let account: (any Sendable)?
    }

    /// Those that cannot be gone on with are closed, and ask again.
    func resumeExchanges(_ left: inout Left, _ keeper: DescriptorKeeper) {
        var lost = 0
        for (heirloom, table, place) in left.exchanges {
            guard !self.proceed(with: heirloom, place, of: left.exchangeTables[table], &left) else { continue }
            lost += 1
            if let connection = heirloom.descriptor.take() { TCPSocket.hangUp(connection) }
            keeper.forget(heirloom.stored.number)
        }
        guard lost > 0 else { return }
        self.services.log.notice(
            "HTTP connections closed at the end of the relay's last instance; players ask again",
            metadata: ["count": "\(lost)"]
        )
    }

    /// Goes on with one; false if that cannot be.
    private func proceed(
        with heirloom: Inheritance.Heirloom,
        _ place: ExchangePlace,
        of table: StoredExchanges?,
        _ left: inout Left
    ) -> Bool {
        guard let exchange = table?.exchange(at: place), let handover = heirloom.handover,
            let progress = SocketProgress(of: heirloom.descriptor), let remainder = exchange.remainder(progress),
            let service = self.connections.withLock({ $0[handover.stage] })
        else { return false }
        var resumed = exchange
        var answer: ResumedExchange.Answer?
        if case .answering(let begun) = exchange.state, let sent = remainder.sent {
            guard let made = self.answer(begun, sent: sent, of: exchange, isLast: remainder.isLast, &left) else {
                return false
            }
            answer = made
            if remainder.isLast {
                // Another death must not take it for one that goes on.
                let last = Exchange.Answer(head: begun.head, body: begun.body, isLast: true)
                resumed.state = .answering(last)
            }
        }
        guard let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage),
            let connection = heirloom.descriptor.take()
        else { return false }
        let socket = AdoptedSocket(connection, peer: handover.address, ticket: ticket)
        let going = ResumedExchange(resumed, kept: heirloom.stored.number, answer: answer)
        guard service.resume(socket, going, handover, on: self.group) else {
            socket.close()
            return false
        }
        return true
    }

    /// What is left of an answer; nil where that is not there any more.
    private func answer(
        _ answer: Exchange.Answer,
        sent: UInt64,
        of exchange: Exchange,
        isLast: Bool,
        _ left: inout Left
    ) -> ResumedExchange.Answer? {
        var rest = answer.head
        let ofHead = min(sent, UInt64(rest.readableBytes))
        rest.moveReaderIndex(forwardBy: Int(ofHead))
        let ofBody = sent - ofHead
        var holds: (any Sendable)?
        switch answer.body {
        case .bytes(var bytes):
            bytes.moveReaderIndex(forwardBy: Int(ofBody))
            rest.writeImmutableBuffer(bytes)
        case .tape(let range, let part) where part.lowerBound + ofBody < part.upperBound:
            guard let copy = self.copy(range, &left),
                let bytes = copy.bytes.getSlice(
                    at: copy.bytes.readerIndex + Int(part.lowerBound + ofBody),
                    length: Int(part.upperBound - part.lowerBound - ofBody)
                )
            else { return nil }
            holds = copy
            if rest.readableBytes == 0 { rest = bytes } else { rest.writeImmutableBuffer(bytes) }
        case .tape: break
        }
        let all = UInt64(answer.head.readableBytes) + answer.body.count
        return ResumedExchange.Answer(rest: rest, isLast: isLast, given: exchange.given &+ all, holds: holds)
    }

    /// Whoever is sent the same segment shares one copy.
    private func copy(_ range: Exchange.TapeRange, _ left: inout Left) -> TapeCopy? {
        if let copy = left.copies[range] { return copy }
        let hub = self.services.admission.hub
        guard let tape = left.wires[range.tape] ?? hub.wireTape(keptAs: range.tape),
            let size = Int(exactly: range.range.upperBound - range.range.lowerBound), size <= tape.capacity,
            let account = hub.answer(for: size), let bytes = tape.copy(range.range)
        else { return nil }
        let copy = TapeCopy(bytes: bytes, account: account)
        left.copies[range] = copy
        return copy
    }
}
