/// What was written down may come from a process that was not to be trusted: a delay that no initializer makes is refused.
extension DecodingDelay: Codable {
    private enum CodingKeys: String, CodingKey {
        case depth, interval, current, recent, foreseen
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let depth = try values.decode(Int64.self, forKey: .depth)
        let interval = try values.decodeIfPresent(Int64.self, forKey: .interval)
        self.init(depth: Int(clamping: depth), interval: interval)
        self.current = Self.bounded(try values.decode(Int64.self, forKey: .current))
        self.recent = try values.decode(RecentMaximum.self, forKey: .recent)
        self.foreseen = Self.bounded(try values.decode(Int64.self, forKey: .foreseen))
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.depth, forKey: .depth)
        try values.encodeIfPresent(self.interval, forKey: .interval)
        try values.encode(self.current, forKey: .current)
        try values.encode(self.recent, forKey: .recent)
        try values.encode(self.foreseen, forKey: .foreseen)
    }

    private static func bounded(_ delay: Int64) -> Int64 { max(0, min(delay, Self.most)) }
}
