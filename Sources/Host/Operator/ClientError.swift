/// A host could not be asked: a sentence that says why, and what to do.
package struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ sentence: String) {
        self.description = sentence
    }
}
