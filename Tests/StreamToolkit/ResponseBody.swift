/// Leaves the head of a response out of what comes.
package struct ResponseBody: Sendable {
    private var head: [UInt8]? = []

    package struct Refused: Error { package var head: String }

    package init() {}

    package mutating func body(of bytes: [UInt8]) throws -> [UInt8] {
        guard var head = self.head else { return bytes }
        head += bytes
        guard let end = head.indices.dropFirst(3).first(where: { head[$0 - 3...$0].elementsEqual("\r\n\r\n".utf8) })
        else {
            self.head = head
            return []
        }
        self.head = nil
        guard head.starts(with: "HTTP/1.1 200".utf8) else { throw Refused(head: String(decoding: head, as: UTF8.self)) }
        return Array(head[(end + 1)...])
    }
}
