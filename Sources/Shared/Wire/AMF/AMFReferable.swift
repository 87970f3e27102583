import NIOCore

/// A place in a table of references.
enum AMFReferable {
    /// Its value is still being read; a reference to it would be a cycle, which a value cannot hold.
    case open
    case whole(AMFValue, AMFBudget.Extent)
}

extension [AMFReferable] {
    func value(at index: Int, spending budget: inout AMFBudget, at offset: Int) throws(AMFError) -> AMFValue {
        guard self.indices.contains(index), case .whole(let value, let extent) = self[index] else {
            throw AMFError(.danglingReference(index), at: offset)
        }
        try budget.spend(extent, at: offset)
        return value
    }
}

extension ByteBuffer {
    mutating func readAMFString(length: Int, limit: Int, at offset: Int) throws(AMFError) -> String {
        guard length <= limit else { throw AMFError(.stringTooLong(bytes: length, limit: limit), at: offset) }
        guard let string = self.readString(length: length) else { throw AMFError(.truncated, at: offset) }
        return string
    }
}
