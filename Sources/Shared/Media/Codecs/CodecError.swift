/// Why a configuration record, a parameter set or a frame header from a peer cannot be used, and where in it.
package struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Fault: Hashable, Sendable {
        /// The bytes end before the field does.
        case truncated
        /// The field holds a value that its specification forbids, or that no picture or sound can have.
        case value(Int)
    }

    /// The name its specification gives the structure, such as `AVCDecoderConfigurationRecord`.
    package let structure: String

    /// The name its specification gives the field.
    package let field: String

    /// Where the field starts: bytes from the start of the structure, emulation prevention bytes not counted.
    package let offset: Int

    package let fault: Fault

    package init(_ fault: Fault, structure: String, field: String, offset: Int) {
        self.structure = structure
        self.field = field
        self.offset = offset
        self.fault = fault
    }

    package var description: String {
        switch self.fault {
        case .truncated:
            "\(self.structure) ends within \(self.field) at byte \(self.offset)"
        case .value(let value):
            "\(self.structure) has \(self.field) = \(value) at byte \(self.offset), which cannot be"
        }
    }
}
