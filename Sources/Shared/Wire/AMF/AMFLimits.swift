/// What a peer's values may cost. The bytes of a message bound the rest: nothing is reserved for a declared count.
package struct AMFLimits: Hashable, Sendable {
    /// Objects and arrays inside each other.
    package var depth = 32

    /// Values in one message. A value that is sent once and referred to counts each time: a kilobyte of references
    /// would otherwise stand for more values than there is time to walk.
    package var values = 8192

    /// Bytes of one string, name, XML document or byte array.
    package var stringBytes = 256 * 1024

    package init() {}
}
