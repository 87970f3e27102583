import Linux
import NIOCore
import Synchronization
import Wire

/// An RTMP server with one stream and no mercy: what the publisher sends goes to every viewer at once.
final class TinyServer: Sendable {
    /// How the server misbehaves.
    struct Manners: Sendable {
        /// The first viewer's connection is closed after so many tags.
        var tagsBeforeCut: Int?
        /// Viewers are told that there is no such stream.
        var refusesPlay = false
        /// From this many tags on timestamps are so much larger, milliseconds.
        var jump: (afterTags: Int, by: UInt32)?
    }

    private final class Connection {
        let socket: OwnedDescriptor
        var session: RTMPServerSession
        var isViewer = false
        var tags = 0

        init(_ socket: consuming OwnedDescriptor) {
            self.socket = socket
            self.session = RTMPServerSession(configuration: RTMPSessionConfiguration(), nonce: 1)
        }
    }

    let port: UInt16
    private let isOver = Atomic<Bool>(false)
    private let thread: Mutex<WorkerThread?>

    init(_ manners: Manners = Manners()) throws {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        self.port = try TCPSocket.localAddress(of: listener).port
        self.thread = Mutex(nil)
        let number = listener.release()
        let thread = try WorkerThread(name: "tiny-server") { [self] in
            try? self.serve(OwnedDescriptor(takingOwnership: number), manners)
        }
        self.thread.withLock { $0 = thread }
    }

    func stop() {
        self.isOver.store(true, ordering: .releasing)
        self.thread.withLock { $0.take() }?.join()
    }

    private func serve(_ listener: consuming OwnedDescriptor, _ manners: Manners) throws {
        var poller = try Poller.make()
        try poller.add(listener, token: .max, for: .readable)
        var connections: [UInt64: Connection] = [:]
        var headers: [FLVTag] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !self.isOver.load(ordering: .acquiring) {
            for index in 0..<(try poller.wait(for: .milliseconds(10))) {
                let token = poller[index].token
                if token == .max {
                    while let accepted = try TCPSocket.accept(on: listener) {
                        let connection = Connection(accepted.release())
                        let token = UInt64(connection.socket.number)
                        connections[token] = connection
                        try poller.add(connection.socket, token: token, for: .readable)
                    }
                    continue
                }
                guard let connection = connections[token] else { continue }
                guard case .transferred(let count) = try TCPSocket.receive(into: &buffer, from: connection.socket)
                else {
                    connections[token] = nil
                    continue
                }
                var events = try connection.session.receive(ByteBuffer(bytes: buffer.prefix(count)))
                while !events.isEmpty {
                    switch events.removeFirst() {
                    case .send(let bytes): try Self.send(bytes, to: connection)
                    case .connect: events += try connection.session.acceptConnect()
                    case .publish: events += try connection.session.acceptPublish()
                    case .play where manners.refusesPlay:
                        events += connection.session.refusePlay(description: "nothing here")
                    case .play:
                        for case .send(let bytes) in try connection.session.acceptPlay() {
                            try Self.send(bytes, to: connection)
                        }
                        connection.isViewer = true
                        for tag in headers { try Self.send(Self.chunks(tag), to: connection) }
                    case .message(let tag):
                        if tag.timestamp == 0, headers.count < 3 { headers.append(tag) }
                        for (token, viewer) in connections.sorted(by: { $0.key < $1.key }) where viewer.isViewer {
                            viewer.tags += 1
                            if viewer.tags == manners.tagsBeforeCut {
                                connections[token] = nil
                                continue
                            }
                            var tag = tag
                            if let jump = manners.jump, viewer.tags > jump.afterTags { tag.timestamp += jump.by }
                            try Self.send(Self.chunks(tag), to: viewer)
                        }
                    case .close: connections[token] = nil
                    case .pause, .stopped: break
                    }
                }
            }
        }
    }

    private static func chunks(_ tag: FLVTag) -> ByteBuffer {
        var bytes = ByteBuffer()
        RTMPChunkEncoder(chunkSize: RTMPSessionConfiguration().chunkSize).write(tag, into: &bytes)
        return bytes
    }

    /// Sends all of it: what a viewer of this tool does not take at once, it takes a moment later.
    private static func send(_ bytes: ByteBuffer, to connection: Connection) throws {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            switch try TCPSocket.send(bytes.readableBytesSpan, to: connection.socket) {
            case .transferred(let count): bytes.moveReaderIndex(forwardBy: count)
            case .wouldBlock, .endOfStream: continue
            }
        }
    }
}
