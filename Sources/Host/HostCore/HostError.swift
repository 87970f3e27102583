/// A host could not be started: a sentence that says why, and what to do.
package struct HostError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ sentence: String) {
        self.description = sentence
    }
}
