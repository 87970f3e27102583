import Linux
import Testing

@Suite struct InternetAddressTests {
    @Test(arguments: [
        ("127.0.0.1:1935", "127.0.0.1:1935"), ("0.0.0.0:0", "0.0.0.0:0"), ("*:80", "0.0.0.0:80"),
        (":65535", "0.0.0.0:65535"), ("[::1]:0", "[::1]:0"), ("[2001:db8::a:1]:8080", "[2001:db8::a:1]:8080"),
        ("[::]:443", "[::]:443"), ("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1"),
    ])
    func `reads and writes`(text: String, written: String) throws {
        #expect(try InternetAddress(parsing: text).description == written)
    }

    @Test(arguments: [
        ("", InternetAddressError.portMissing("")), ("127.0.0.1", .portMissing("127.0.0.1")),
        ("::1:80", .portMissing("::1:80")), ("[::1]", .portMissing("[::1]")), ("127.0.0.1:", .portInvalid("")),
        ("127.0.0.1:65536", .portInvalid("65536")), ("127.0.0.1:+1", .portInvalid("+1")),
        ("localhost:80", .hostInvalid("localhost")), ("1.2.3:80", .hostInvalid("1.2.3")),
        ("[1.2.3.4.5]:80", .hostInvalid("1.2.3.4.5")),
    ])
    func `refuses`(text: String, error: InternetAddressError) {
        #expect(throws: error) { try InternetAddress(parsing: text) }
    }

    @Test func `knows this machine's own addresses`() throws {
        #expect(try InternetAddress(parsing: "127.8.9.1:1").isLoopback)
        #expect(try InternetAddress(parsing: "[::1]:1").isLoopback)
        #expect(try InternetAddress(parsing: "[::ffff:127.0.0.1]:1").isLoopback)
        #expect(try !InternetAddress(parsing: "10.0.0.1:1").isLoopback)
        #expect(try !InternetAddress(parsing: "[::2]:1").isLoopback)
    }

    @Test func `a literal resolves to itself`() throws {
        #expect(try InternetAddress.resolve("127.0.0.1", port: 7) == [InternetAddress(.loopbackV4, port: 7)])
    }
}
