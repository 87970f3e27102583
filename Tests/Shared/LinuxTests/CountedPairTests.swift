import Linux
import Testing

@Suite struct CountedPairTests {
    @Test func `what goes through a pair is counted at both ends`() throws {
        let pairs = try CountedPairs()
        for _ in 0..<50 {
            let pair = try pairs.make().parted()
            let (first, second) = (pair.first, pair.second)
            let before = try #require(SocketProgress(of: second))
            #expect(before.isOpen && SocketProgress(of: first)?.isOpen == true)
            _ = first.lend { try? TCPSocket.send([1, 2, 3], to: $0) }
            _ = second.lend { try? TCPSocket.send([1, 2], to: $0) }
            var bytes = [UInt8](repeating: 0, count: 8)
            while try #require(SocketProgress(of: second)).taken == before.taken {
                _ = second.lend { try? TCPSocket.receive(into: &bytes, from: $0) }
            }
            #expect(SocketProgress(of: second)?.taken == before.taken + 3)
            #expect(SocketProgress(of: second)?.given == before.given + 2)
        }
    }

    @Test func `strangers who connect get nothing`() throws {
        let pairs = try CountedPairs()
        let known = try pairs.make().parted()
        guard let end = known.first.take() else { return }
        let address = try TCPSocket.peerAddress(of: end)
        let stranger = try TCPSocket.connect(to: address)
        let pair = try pairs.make()
        #expect(try TCPSocket.peerAddress(of: pair.second) == TCPSocket.localAddress(of: pair.first))
        var poller = try Poller.make(capacity: 1)
        try poller.add(stranger, token: 0, for: .readable)
        _ = try poller.wait(for: .seconds(20))
        var bytes = [UInt8](repeating: 0, count: 8)
        let outcome = try TCPSocket.receive(into: &bytes, from: stranger)
        #expect(outcome == .endOfStream)
    }
}
