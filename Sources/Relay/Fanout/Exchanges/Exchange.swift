package import Linux
package import NIOCore

/// How far the peer of a connection and its server have come with a request and its answer, by the kernel's count: whoever has
/// the connection can go on from there.
package struct Exchange: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// No answer has begun.
        case reading
        /// It is being sent.
        case answering(Answer)
    }

    package struct Answer: Hashable, Sendable {
        package let head: ByteBuffer
        package let body: Body
        /// Whether the connection ends with it.
        package let isLast: Bool

        package init(head: ByteBuffer, body: Body, isLast: Bool) {
            self.head = head
            self.body = body
            self.isLast = isLast
        }
    }

    package enum Body: Hashable, Sendable {
        case bytes(ByteBuffer)
        /// So many bytes of a range of a tape.
        case tape(TapeRange, part: Range<UInt64>)

        package var count: UInt64 {
            switch self {
            case .bytes(let bytes): UInt64(bytes.readableBytes)
            case .tape(_, let part): part.upperBound - part.lowerBound
            }
        }
    }

    /// Bytes of a tape, by their absolute offsets.
    package struct TapeRange: Hashable, Sendable {
        /// Of the keeper of the tape.
        package let tape: UInt64
        package let range: Range<UInt64>

        package init(tape: UInt64, range: Range<UInt64>) {
            self.tape = tape
            self.range = range
        }
    }

    package var state: State
    /// ``SocketProgress/taken`` with all that had been read.
    package var taken: UInt64
    /// ``SocketProgress/given`` when the answer began, or would have.
    package var given: UInt64
    /// Bytes of the peer's that were read and not answered, nor are being answered.
    package var input: ByteBuffer

    package init(state: State = .reading, taken: UInt64, given: UInt64, input: ByteBuffer) {
        self.state = state
        self.taken = taken
        self.given = given
        self.input = input
    }
}

extension Exchange {
    /// What is left to be done of an exchange whose server is dead.
    package struct Remainder: Hashable, Sendable {
        /// Bytes of the answer that its peer was sent already; nil: none has begun.
        package let sent: UInt64?
        /// Whether the connection ends with the answer: it is the last, or what came behind it is lost.
        package let isLast: Bool

        package init(sent: UInt64?, isLast: Bool) {
            self.sent = sent
            self.isLast = isLast
        }
    }

    /// - Parameter progress: what the kernel counts of the connection now.
    /// - Returns: nil where it cannot be gone on with.
    package func remainder(_ progress: SocketProgress) -> Remainder? {
        guard progress.isOpen else { return nil }
        let isInputWhole = progress.taken == self.taken
        switch self.state {
        case .reading:
            // A request that is not known whole is not answered; its peer puts it again on another connection.
            guard isInputWhole, progress.given == self.given else { return nil }
            return Remainder(sent: nil, isLast: false)
        case .answering(let answer):
            let sent = progress.given &- self.given
            guard sent <= UInt64(answer.head.readableBytes) + answer.body.count else { return nil }
            return Remainder(sent: sent, isLast: answer.isLast || !isInputWhole)
        }
    }
}

/// Has somebody else hold a duplicate of connections that are between requests or in the middle of an answer, who gives it to
/// whoever follows when this process dies. Called from any thread; it must not block.
package protocol ExchangeKeeper: Sendable {
    /// A connection is to outlive this process. One that is kept already has another place.
    ///
    /// - Returns: a number for ``forget(_:)``; nil if it cannot be.
    func keep(_ connection: borrowing OwnedDescriptor, as number: UInt64?, at place: ExchangePlace) -> UInt64?

    /// The connection is over, or somebody else's.
    func forget(_ number: UInt64)
}

/// An exchange's place in a table of exchanges.
package struct ExchangePlace: Hashable, Sendable, Codable {
    package let slot: Int
    package let generation: UInt64
}
