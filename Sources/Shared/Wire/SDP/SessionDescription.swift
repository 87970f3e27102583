/// What is sent, how it is coded and where it goes: SDP, RFC 8866.
package struct SessionDescription: Hashable, Sendable {
    /// Who made it: RFC 8866 section 5.2.
    package struct Origin: Hashable, Sendable {
        package var user: String
        package var session: UInt64
        package var version: UInt64
        package var address: String

        package init(user: String = "-", session: UInt64, version: UInt64, address: String) {
            self.user = user
            self.session = session
            self.version = version
            self.address = address
        }
    }

    package var origin: Origin?
    package var name: String
    package var connection: SDPConnection?

    /// Those of the session, in order.
    package var attributes: [SDPAttribute]

    /// In the order of their `m=` lines, those nothing here can read among them: their numbers count.
    package var media: [MediaDescription]

    package init(
        origin: Origin? = nil,
        name: String = "-",
        connection: SDPConnection? = nil,
        attributes: [SDPAttribute] = [],
        media: [MediaDescription]
    ) {
        self.origin = origin
        self.name = name
        self.connection = connection
        self.attributes = attributes
        self.media = media
    }

    /// The address of the whole session for RTSP.
    package var control: String? { self.attributes["control"] }

    package var direction: SDPDirection? { SDPDirection(self.attributes) }

    /// Where a medium is received: its own `c=` or the session's.
    package func connection(of index: Int) -> SDPConnection? {
        self.media.indices.contains(index) ? self.media[index].connection ?? self.connection : nil
    }

    /// Who may send to a medium: its own filters or the session's.
    package func sourceFilters(of index: Int) -> [SDPSourceFilter] {
        guard self.media.indices.contains(index) else { return [] }
        let own = self.media[index].sourceFilters
        return own.isEmpty ? self.attributes.values("source-filter").compactMap(SDPSourceFilter.init) : own
    }

    /// The description as text with CRLF, all lines in the order RFC 8866 section 5 wants.
    package var text: String {
        let origin = self.origin ?? Origin(session: 0, version: 0, address: "0.0.0.0")
        let family = origin.address.contains(":") ? "IP6" : "IP4"
        var text = "v=0\r\n"
        text += "o=\(origin.user) \(origin.session) \(origin.version) IN \(family) \(origin.address)\r\n"
        text += "s=\(self.name.isEmpty ? "-" : self.name)\r\n"
        if let connection { text += "c=\(connection.text)\r\n" }
        text += "t=0 0\r\n"
        for attribute in self.attributes { text += "a=\(attribute.text)\r\n" }
        for medium in self.media { medium.write(into: &text) }
        return text
    }
}
