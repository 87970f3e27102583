/// Texts compared so that the time taken tells nothing.
enum ConstantTime {
    /// Takes as long whether the first byte differs or the last.
    static func equal(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        return left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
