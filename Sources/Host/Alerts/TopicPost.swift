internal import Contract
internal import Curl

/// A message of MQTT with JSON in it.
struct TopicPost: AlertCarrier {
    let broker: String
    let topic: String
    let user: String?
    let password: HiddenText?

    func send(_ message: AlertMessage) -> AlertOutcome {
        let request = CurlRequest(
            .publish,
            to: self.address,
            user: self.user,
            password: self.password?.revealed,
            body: AlertJSON.encode(message),
            limit: AlertCarriers.limit
        )
        switch request.send() {
        case .answered: return .delivered("the broker took it")
        case .failed(let reason): return .failed(reason)
        }
    }

    var address: String {
        let topic = self.topic.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "/"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
        return "\(self.broker)/\(topic)"
    }
}
