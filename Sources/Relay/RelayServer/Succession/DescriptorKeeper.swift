package import Contract
import Control
package import Fanout
import Foundation
package import Linux
import Sessions
package import Streams
import Synchronization

/// Has the host hold what is to outlive this instance: tapes, tables of viewers, the viewers' connections, and UDP sockets.
package final class DescriptorKeeper: Sendable {
    /// What is written on something that is stored, for the next instance.
    enum Label: Hashable, Sendable, Codable {
        case tape(KeptTape)
        /// Of the fan-out thread of that number.
        case viewers(thread: Int)
        /// A viewer's, whose table is stored under that number.
        case viewer(table: UInt64, ViewerPlace)
        /// Of the exchanges with those who ask and are answered in turn.
        case exchanges
        /// The connection of one, which is in the table that is stored under that number.
        case exchange(table: UInt64, ExchangePlace)
        /// What came of a source by UDP, which the configuration declares by that name.
        case source(name: String)
        /// What publishers are received into.
        case intake
        /// A publisher's, which was received into the memory that is stored under that number.
        case publisher(memory: UInt64)
        /// A UDP socket of a session by RTSP, which names it by its number.
        case socket
        /// What came of a publisher that sends datagrams.
        case recording
        /// The connection of one, which what came of it names by its number.
        case recorder
    }

    /// Passes a message to the host; false where that cannot be.
    package typealias Sender = @Sendable (RelayMessage, consuming OwnedDescriptor?) -> Bool

    /// Connections and tapes stored in a second; those above do not survive. Part of what the host takes in messages.
    static let storesPerSecond = ControlLimits.messagesPerSecond * 2 / 5

    private struct State {
        var next: UInt64
        var hasBegun = false
        /// Tables of viewers by thread.
        var tables: [Int: UInt64] = [:]
        /// The table of exchanges.
        var exchanges: UInt64?
        var rate = MessageRate(limit: DescriptorKeeper.storesPerSecond)
    }

    private let state: Mutex<State>
    private let send: Sender

    /// - Parameters:
    ///   - started: When the instance began, µs monotonic: its numbers are above those of all before it.
    ///   - send: passes messages to the host.
    package init(started: Int64, send: @escaping Sender) {
        // So many numbers a millisecond nobody can use.
        self.state = Mutex(State(next: UInt64(clamping: started / 1000) << 24))
        self.send = send
    }

    /// Stores the tables of viewers and of exchanges: from here on whatever comes is kept. Before, a host takes nothing: the instance may yet
    /// be given what another has left.
    func begin(_ tables: [HeldDescriptor], exchanges: HeldDescriptor?) {
        self.state.withLock { $0.hasBegun = true }
        for (thread, table) in tables.enumerated() {
            guard let memory = table.take(),
                let number = self.store(.memory, .viewers(thread: thread), nil, memory)
            else { continue }
            self.state.withLock { $0.tables[thread] = number }
        }
        guard let memory = exchanges?.take(), let number = self.store(.memory, .exchanges, nil, memory) else { return }
        self.state.withLock { $0.exchanges = number }
    }

    private func store(
        _ kind: StoredDescriptor.Kind,
        _ label: Label,
        _ known: UInt64?,
        _ descriptor: consuming OwnedDescriptor
    ) -> UInt64? {
        let number = self.state.withLock { state -> UInt64? in
            guard state.hasBegun, (try? state.rate.note(now: MonotonicClock.now)) != nil else { return nil }
            if let known { return known }
            state.next += 1
            return state.next
        }
        guard let number, let text = label.text, text.utf8.count <= ControlLimits.label else { return nil }
        return self.send(.store(StoredDescriptor(number: number, kind: kind, label: text)), descriptor) ? number : nil
    }
}

extension DescriptorKeeper.Label {
    var text: String? { (try? JSONEncoder().encode(self)).flatMap { String(data: $0, encoding: .utf8) } }

    /// Nil where the text is no label.
    init?(reading text: String) {
        guard let label = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
        self = label
    }
}

extension DescriptorKeeper: IntakeKeeper {
    package func keep(
        _ connection: borrowing OwnedDescriptor,
        readInto memory: borrowing OwnedDescriptor
    ) -> KeptIntake? {
        guard let connection = try? connection.duplicate(), let memory = try? memory.duplicate(),
            let number = self.store(.memory, .intake, nil, memory)
        else { return nil }
        guard let kept = self.store(.connection, .publisher(memory: number), nil, connection) else {
            self.forget(number)
            return nil
        }
        return KeptIntake(connection: kept, memory: number)
    }

    package func forget(_ intake: KeptIntake) {
        self.forget(intake.connection)
        self.forget(intake.memory)
    }
}

extension DescriptorKeeper: SocketKeeper {
    package func keep(_ socket: HeldDescriptor) -> UInt64? {
        guard let copy = (try? socket.duplicate()) ?? nil else { return nil }
        return self.store(.datagrams, .socket, nil, copy)
    }
}

extension DescriptorKeeper {
    package func keep(recorder connection: borrowing OwnedDescriptor) -> UInt64? {
        guard let copy = try? connection.duplicate() else { return nil }
        return self.store(.connection, .recorder, nil, copy)
    }

    /// Keeps the memories of publishers that send datagrams, which no configuration names.
    struct Recordings: SourceKeeper {
        let keeper: DescriptorKeeper

        func keep(_ memory: borrowing OwnedDescriptor, ofSource name: String) -> UInt64? {
            guard let copy = try? memory.duplicate() else { return nil }
            return self.keeper.store(.memory, .recording, nil, copy)
        }

        func forget(_ number: UInt64) { self.keeper.forget(number) }
    }

    var recordings: Recordings { Recordings(keeper: self) }
}

extension DescriptorKeeper: SourceKeeper {
    package func keep(_ memory: borrowing OwnedDescriptor, ofSource name: String) -> UInt64? {
        guard let copy = try? memory.duplicate() else { return nil }
        return self.store(.memory, .source(name: name), nil, copy)
    }
}

extension DescriptorKeeper: ExchangeKeeper {
    package func keep(_ connection: borrowing OwnedDescriptor, as number: UInt64?, at place: ExchangePlace) -> UInt64? {
        guard let table = self.state.withLock({ $0.exchanges }), let copy = try? connection.duplicate() else {
            return nil
        }
        return self.store(.connection, .exchange(table: table, place), number, copy)
    }
}

extension DescriptorKeeper: ViewerKeeper, TapeKeeper {
    package func keep(_ connection: borrowing OwnedDescriptor, as number: UInt64?, at place: ViewerPlace) -> UInt64? {
        guard let table = self.state.withLock({ $0.tables[place.thread] }), let copy = try? connection.duplicate()
        else {
            return nil
        }
        return self.store(.connection, .viewer(table: table, place), number, copy)
    }

    package func keep(_ memory: consuming OwnedDescriptor, of tape: KeptTape) -> UInt64? {
        self.store(.memory, .tape(tape), nil, memory)
    }

    package func forget(_ number: UInt64) { _ = self.send(.discard(number), nil) }
}
