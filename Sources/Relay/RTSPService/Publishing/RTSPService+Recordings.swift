import Admission
package import Fanout
import Linux
import Logging
package import NIOCore
package import Sessions
import Sockets
import Streams
import Wire

/// Publishers that send datagrams, over the death of a process: see ``RTSPRecording``.
extension RTSPService {
    package func resume(
        _ left: DatagramMemory.Standing,
        by sockets: inout KeptSockets,
        on group: any EventLoopGroup,
        adopt: (UInt64) -> KeptConnection?
    ) -> Bool {
        guard let keeper = self.services.sockets,
            let standing = StandingText.read(left.state, as: RTSPRecording.Standing.self), standing.isPlausible,
            let announcement = standing.publisher.announcement
        else { return false }
        let tracks = standing.ports.sorted { $0.key < $1.key }
        guard let held = sockets.take(tracks.flatMap(\.value.sockets)) else { return false }
        guard let connection = adopt(standing.connection) else {
            for number in tracks.flatMap(\.value.sockets) { keeper.forget(number) }
            return false
        }
        let loop = group.next()
        let socket = connection.socket
        let nudge = RTSPNudge()
        let resumed = self.resume(
            standing,
            announcement,
            of: left,
            on: connection,
            nudge: nudge,
            loop
        )
        guard let (publisher, answer) = resumed else {
            socket.close()
            keeper.forget(connection.number)
            for number in tracks.flatMap(\.value.sockets) { keeper.forget(number) }
            return false
        }
        socket.ticket.decide()
        var loans: [(Int, DatagramLoan, RTSPTrackPort.Kept?)] = []
        for (index, (media, port)) in tracks.enumerated() {
            let first = index * RTSPTrackPort.sockets
            let own = Array(held[first..<first + RTSPTrackPort.sockets])
            loans.append((media, DatagramLoan(sockets: own, port: port.port), .init(port.sockets, by: keeper)))
        }
        let all = loans
        let memory = left.memory
        do throws(LinuxError) {
            let opened = try socket.open(on: loop) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let recording = RTSPRecording.resumed(memory, standing, by: keeper)
                    let resumed = RTSPRecording.Resumed(
                        publisher: publisher,
                        answer: answer,
                        recording: NIOLoopBoundBox(recording, eventLoop: channel.eventLoop),
                        loans: all,
                        nudge: nudge
                    )
                    try channel.pipeline.syncOperations.addHandler(
                        RTSPConnection(socket: socket, service: self, resumed: resumed)
                    )
                }
            }
            opened.whenFailure { _ in
                publisher.ended(.left)
                socket.close()
            }
        } catch {
            publisher.ended(.left)
            socket.close()
        }
        return true
    }

    /// The publisher, when it has read again what had come; nil if that cannot be.
    private func resume(
        _ standing: RTSPRecording.Standing,
        _ announcement: RTSPAnnouncement,
        of left: DatagramMemory.Standing,
        on connection: KeptConnection,
        nudge: RTSPNudge,
        _ loop: any EventLoop
    ) -> (RTSPPublisher, IntakeAnswer)? {
        let socket = connection.socket
        var log = self.services.log
        log[metadataKey: "peer"] = "\(socket.peer)"
        let publisher = RTSPPublisher(
            resuming: standing.publisher,
            announcement,
            admission: PublisherAdmission(self.services.admission, of: socket, log: log),
            nudge: { nudge($0) },
            resume: { [self] held, session, events in
                let former = RTSPConnection.Former(session: session, events: events, announcement: announcement)
                RTSPConnection.resume(held, of: socket, former, self, on: loop)
            }
        )
        guard let publisher else { return nil }
        let answer = RTSPRecording.repeatReading(
            left.datagrams,
            by: publisher,
            since: standing,
            connection.progress
        )
        guard let answer else {
            publisher.ended(.left)
            return nil
        }
        left.memory.endRepeating()
        _ = publisher.caughtUp()
        return (publisher, answer)
    }
}
