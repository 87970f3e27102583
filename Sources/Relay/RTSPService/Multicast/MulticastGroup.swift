import Contract
import Linux
import Sessions
import Wire

/// Where a stream is sent by multicast: track n's packets to the nth pair of ports from the first up, its reports to the
/// odd one of the pair.
struct MulticastGroup: Hashable, Sendable {
    let host: InternetAddress.Host
    let port: UInt16
    /// Tracks there are ports for.
    let tracks: Int
    let ttl: Int

    /// Chooses for a stream among the groups that are not taken; nil where all are.
    ///
    /// The choice is made of the stream's path, so that another relay, or this one later, sends it to the same place as far
    /// as it can. Streams have other ports too where there are enough: a socket bound to a port and no address is given
    /// the packets of all groups that anybody on its machine has joined (ip(7), IP_MULTICAST_ALL).
    init?(for path: StreamPath, of spec: MulticastSpec, besides taken: Set<InternetAddress.Host>) {
        let (groups, pairs) = (spec.groups, Array(spec.ports.pairs))
        let start = Int(RTPSeed.of("\(path)") % UInt64(groups.count))
        let places = (0...min(taken.count, groups.count - 1)).lazy.map { (start + $0) % groups.count }
        guard let place = places.first(where: { !taken.contains(.v4(groups[$0])) }), !pairs.isEmpty else { return nil }
        self.tracks = min(pairs.count, PushPorts.tracks)
        let block = place % (pairs.count / self.tracks) * self.tracks
        self.host = .v4(groups[place])
        self.port = UInt16(truncatingIfNeeded: pairs[block])
        self.ttl = spec.ttl
    }

    /// The two ports of a track; nil where there are none for so many tracks.
    func ports(of track: Int) -> RTSPTransport.Pair<UInt16>? {
        guard track < self.tracks, let port = PushPorts.port(of: 2 * track, from: self.port) else { return nil }
        return .init(rtp: port, rtcp: port + 1)
    }
}
