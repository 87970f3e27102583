import Testing

/// Tests that run encoders, players and other relays as people do. They are heavy, so one runs at a time.
@Suite("Real programs", .serialized)
enum RealPrograms {}
