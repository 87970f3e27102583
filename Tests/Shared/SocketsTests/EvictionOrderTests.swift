import Linux
import Sockets
import Testing
import Toolkit

@Suite struct EvictionOrderTests {
    /// Against a model that looks at everybody.
    @Test func whoeverGoesIsTheOldestOfTheGreediest() {
        var dice = SeededGenerator(seed: 9)
        var order = EvictionOrder()
        var model: [(id: UInt64, source: InternetAddress.Host)] = []
        for step in 0..<2000 {
            let source = InternetAddress.Host.v4(UInt32.random(in: 0..<12, using: &dice))
            switch UInt8.random(in: 0..<5, using: &dice) {
            case 0, 1:
                order.append(UInt64(step), of: source)
                model.append((UInt64(step), source))
            case 2:
                guard let entry = model.randomElement(using: &dice) else { continue }
                order.append(entry.id, of: entry.source)
                model.removeAll { $0.id == entry.id }
                model.append(entry)
            case 3:
                guard let entry = model.randomElement(using: &dice) else { continue }
                let (first, second) = (order.remove(entry.id), order.remove(entry.id))
                #expect(first && !second)
                model.removeAll { $0.id == entry.id }
            default:
                guard let next = order.next else { continue }
                let shares = Dictionary(grouping: model, by: \.source).mapValues(\.count)
                let greatest = shares.values.max() ?? 0
                #expect(order.greatestShare == greatest)
                let entry = model.first { $0.id == next }
                #expect(entry.map { shares[$0.source] } == greatest)
                #expect(model.first { $0.source == entry?.source }?.id == next)
                order.remove(next)
                model.removeAll { $0.id == next }
            }
            #expect(order.count == model.count)
        }
    }

    @Test func aFloodCostsNoMoreForEachThanAQuietDay() {
        func time(_ count: Int) -> Duration {
            let clock = ContinuousClock()
            var limit = AdmissionLimit(.init(count))
            for id in 0..<count { _ = limit.admit(UInt64(id), from: .v4(UInt32(id << 8)), now: MonotonicClock.now) }
            var evicted = 0
            let time = clock.measure {
                for id in count..<count + 1000 {
                    let now = MonotonicClock.now
                    evicted += limit.admit(UInt64(id), from: .v4(UInt32(id % 700) << 8), now: now).count
                }
            }
            #expect(evicted == 1000)
            return time
        }
        let (small, large) = (time(100), time(10_000))
        #expect(large < small * 8 + .seconds(1))
    }
}
