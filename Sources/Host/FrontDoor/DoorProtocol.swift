package import Contract

/// A protocol whose connections the front door takes: each that ``WireProtocol`` lists and that has connections to hand to a
/// relay.
package struct DoorProtocol: Hashable, Sendable, CaseIterable {
    package let wire: WireProtocol

    /// What is spoken under TLS, if there is any.
    package let stage: Handover.Stage

    /// Nil where there are no connections to hand over.
    package init?(_ wire: WireProtocol) {
        guard let stage = wire.stage else { return nil }
        self.wire = wire
        self.stage = stage
    }

    package static let allCases = WireProtocol.allCases.compactMap(Self.init)

    /// Its key under `listen`.
    package var name: String { self.wire.rawValue }

    package var isSecure: Bool { self.wire.isSecure }
}
