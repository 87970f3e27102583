import Linux
import Testing

@Suite struct OwnedDescriptorTests {
    @Test func `the owner's end closes the descriptor`() throws {
        let pair = try TCPSocket.pair()
        let kept = try pair.first.duplicate()
        let peer = try pair.second.duplicate()
        Self.drop(pair)
        #expect(try TCPSocket.send([1, 2, 3], to: kept) == .transferred(3))
        Self.drop(kept)
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(try TCPSocket.receive(into: &bytes, from: peer) == .transferred(3))
        #expect(try TCPSocket.receive(into: &bytes, from: peer) == .endOfStream)
    }

    @Test func `a released descriptor stays open`() throws {
        let pair = try TCPSocket.pair()
        let number = Self.take(try pair.first.duplicate())
        let again = OwnedDescriptor(takingOwnership: number)
        #expect(try TCPSocket.send([7], to: again) == .transferred(1))
    }

    @Test func `an error says which call and why`() {
        let nobody = OwnedDescriptor(takingOwnership: -1)
        #expect(throws: LinuxError("fcntl", code: 9)) { _ = try nobody.duplicate() }
        #expect(LinuxError("bind", code: 98).description == "bind: Address already in use")
        #expect(LinuxError("bind", code: 98).isAddressInUse)
        #expect(LinuxError("odd", code: 4095).description == "odd: unknown error")
    }

    private static func drop(_ pair: consuming SocketPair) {}
    private static func drop(_ descriptor: consuming OwnedDescriptor) {}
    private static func take(_ descriptor: consuming OwnedDescriptor) -> CInt { descriptor.release() }
}
