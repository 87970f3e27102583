import Testing
import Wire

struct SRTResourceTests {
    @Test(
        arguments: [
            ("publish:live/main:S3CRET", SRTResource.Mode.publish, "live", "main", "S3CRET", nil),
            ("read:live/main", .read, "live", "main", nil, nil),
            ("read:live/main:TOKEN", .read, "live", "main", "TOKEN", nil),
            ("publish:live/main:S3:CR=ET", .publish, "live", "main", "S3:CR=ET", nil),
            ("publish:live/main:a%3Ab%25", .publish, "live", "main", "a:b%", nil),
            ("publish:live/main:100%", .publish, "live", "main", "100%", nil),
            ("publish:/live/main?key=K", .publish, "live", "main", "K", nil),
            ("live/main", .read, "live", "main", nil, nil),
            ("#!::r=live/main,m=publish,key=S3CRET", .publish, "live", "main", "S3CRET", nil),
            ("#!::m=publish,u=admin,s=S3CRET,r=live/main", .publish, "live", "main", "S3CRET", "admin"),
            ("#!::r=live/main", .read, "live", "main", nil, nil),
            ("#!::r=live%2Fx/main%20hall,m=request,token=T", .read, "live/x", "main hall", "T", nil),
            ("#!::r=/live/main?key=K,m=publish", .publish, "live", "main", "K", nil),
            ("#!::r=live/main,m=publish,key=", .publish, "live", "main", nil, nil),
        ] as [(String, SRTResource.Mode, String, String, String?, String?)]
    )
    func `Both forms are read`(
        text: String,
        mode: SRTResource.Mode,
        relay: String,
        stream: String,
        secret: String?,
        user: String?
    ) throws {
        let resource = try SRTResource(text)
        #expect(resource.mode == mode)
        #expect(resource.relay == relay)
        #expect(resource.stream == stream)
        #expect(resource.secret == secret)
        #expect(resource.user == user)
    }

    @Test(arguments: [
        ("", SRTResourceError.missing), ("#!::m=publish", .missing), ("#!:", .form), ("#!::r", .form),
        ("steal:live/main", .mode("steal")), ("#!::r=live/main,m=bidirectional", .mode("bidirectional")),
        ("main", .resource("main")), ("publish:main:S3CRET", .resource("main")), ("read:live/%ff", .encoding),
    ])
    func `What asks for nothing is refused`(text: String, error: SRTResourceError) {
        #expect(throws: error) { try SRTResource(text) }
        #expect(!"\(error)".contains("S3CRET"))
    }

    @Test func `A stream id has a limit`() throws {
        let name = String(repeating: "a", count: SRTResource.sizeLimit - "read:live/".count)
        #expect(try SRTResource("read:live/" + name).stream == name)
        #expect(throws: SRTResourceError.tooLong(SRTResource.sizeLimit + 1)) { try SRTResource("read:live/a" + name) }
    }
}
