package import Contract
import Fanout
package import NIOCore
package import Sessions
package import Sockets

/// Going on with connections of a process that is dead.
extension HTTPService {
    package func resume(
        _ socket: AdoptedSocket,
        _ exchange: ResumedExchange,
        _ handover: Handover,
        on group: any EventLoopGroup
    ) -> Bool {
        guard let keeping = self.keeping,
            let kept = KeptConnection(exchange.exchange, of: socket, keptAs: exchange.kept, keeping)
        else { return false }
        do {
            let channel = try socket.open(on: group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let journal = HTTPJournal(socket, input: exchange.exchange.input, kept: kept, keeping)
                    try pipeline.addHandler(journal)
                    guard let answer = exchange.answer else {
                        socket.ticket.move(to: .answering)
                        return try self.serve(socket, handover, exchange.exchange.input, journal, pipeline)
                    }
                    try pipeline.addHandler(self.remainder(of: answer, exchange, socket, handover, journal))
                }
            }
            channel.whenFailure { _ in
                keeping.keeper.forget(kept.number)
                socket.close()
            }
            return true
        } catch {
            return false
        }
    }

    /// Sends what is left of an answer, and serves what comes behind it.
    private func remainder(
        of answer: ResumedExchange.Answer,
        _ exchange: ResumedExchange,
        _ socket: AdoptedSocket,
        _ handover: Handover,
        _ journal: HTTPJournal
    ) -> HTTPRemainder {
        socket.ticket.move(to: .answering)
        return HTTPRemainder(answer.rest, on: socket, within: self.services.deadlines.write) { context in
            withExtendedLifetime(answer.holds) {}
            guard !answer.isLast else { return context.close(promise: nil) }
            journal.finishResumed(having: answer.given)
            socket.ticket.move(to: .idle)
            let pipeline = context.pipeline.syncOperations
            do {
                // The others first: what closes the connection must be there when this goes.
                try self.serve(socket, handover, exchange.exchange.input, journal, pipeline)
                let channel = context.channel
                pipeline.removeHandler(context: context).whenComplete { _ in channel.pipeline.fireChannelActive() }
            } catch {
                context.close(promise: nil)
            }
        }
    }

    private func serve(
        _ socket: AdoptedSocket,
        _ handover: Handover,
        _ input: ByteBuffer,
        _ journal: HTTPJournal,
        _ pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        try self.addHandlers(
            for: socket,
            queue: self.requestQueue(for: socket, handover, opening: input, isFirst: false, journal),
            journal,
            to: pipeline
        )
    }
}
