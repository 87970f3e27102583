/// What browsers are told of pages beside their content.
enum PageHeaders {
    static let every = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    /// Everything comes from here, and nothing that stands in the page itself is run; the decoder reads from a `blob:`.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "media-src 'self' blob:",
        "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static let document = Self.every + [("Content-Security-Policy", Self.policy)]
}
