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
            ("publish%3Alive%2Fmain%3AS3CRET", .publish, "live", "main", "S3CRET", nil),
            ("publish%3alive%2fmain%3aS3%2FCRET%3A", .publish, "live", "main", "S3/CRET:", nil),
            // Encoded as a whole, its values are not decoded twice.
            ("publish%3Alive%2Fmain%3AS3%253ACRET", .publish, "live", "main", "S3%3ACRET", nil),
            ("publish%253Alive%252Fmain%253AS3CRET", .publish, "live", "main", "S3CRET", nil),
            ("publish%3Alive/main:S3CRET", .publish, "live", "main", "S3CRET", nil),
            ("publish:live%2Fmain:S3CRET", .publish, "live", "main", "S3CRET", nil),
            ("read%3Alive%2Fmain", .read, "live", "main", nil, nil),
            ("live%2Fmain", .read, "live", "main", nil, nil),
            ("%23%21%3A%3Ar%3Dlive%2Fmain%2Cm%3Dpublish%2Ckey%3DS3CRET", .publish, "live", "main", "S3CRET", nil),
            ("#!%3A%3Ar=live/main%2Cm=publish%2Cs=S3CRET", .publish, "live", "main", "S3CRET", nil),
            ("%23!::r=live/main,m=publish,key=S3CRET,u=admin", .publish, "live", "main", "S3CRET", "admin"),
            ("#!::r=live%2Fmain,m=publish,key=S3CRET", .publish, "live", "main", "S3CRET", nil),
            // A mark that combines with a separator leaves it one.
            ("publish:live/main:\u{301}S3CRET", .publish, "live", "main", "\u{301}S3CRET", nil),
            ("#!::r=live/main,\u{301}x=y,m=publish,key=\u{301}K", .publish, "live", "main", "\u{301}K", nil),
            ("read:live/\u{301}main?\u{301}a=b&token=T", .read, "live", "\u{301}main", "T", nil),
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
        ("steal:live/main", .mode), ("#!::r=live/main,m=bidirectional", .mode), ("S3CRET:live/main", .mode),
        ("main", .resource), ("publish:main:S3CRET", .resource), ("read:live/%ff", .encoding), ("S3CRET", .resource),
        ("publish:S3CRET", .resource), ("publish%3AS3CRET", .resource), ("publish:/S3CRET", .resource),
        ("publish%ffS3CRET", .encoding), ("#!:S3CRET", .form), ("S3CRET%3Alive%2Fmain", .mode),
        ("publish%25253Alive%25252Fmain%25253AS3CRET", .resource), ("#!::S3CRET", .form),
        ("publish:/%2Fmain:S3CRET", .resource),
    ])
    func `What asks for nothing is refused, and not repeated`(text: String, error: SRTResourceError) {
        do {
            _ = try SRTResource(text)
            Issue.record("accepted")
        } catch let found {
            #expect(found == error)
            #expect(!"\(found)".contains("S3CRET"))
        }
    }

    @Test func `A stream id has a limit`() throws {
        let name = String(repeating: "a", count: SRTResource.sizeLimit - "read:live/".count)
        #expect(try SRTResource("read:live/" + name).stream == name)
        #expect(throws: SRTResourceError.tooLong(SRTResource.sizeLimit + 1)) { try SRTResource("read:live/a" + name) }
    }
}
