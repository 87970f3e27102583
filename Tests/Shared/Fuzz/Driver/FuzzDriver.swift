import FuzzEntries
import Glibc
import NIOCore

/// One program serves all entries; the environment says which.
private let entry: FuzzEntry = {
    let name = unsafe getenv("TRANSPONDER_FUZZ_ENTRY").map { unsafe String(cString: $0) } ?? ""
    guard let entry = FuzzEntry(rawValue: name) else {
        fatalError("TRANSPONDER_FUZZ_ENTRY is one of \(FuzzEntry.allCases.map(\.rawValue)), not \"\(name)\"")
    }
    return entry
}()

/// libFuzzer's way in.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    unsafe entry.run(ByteBuffer(bytes: bytes))
    return 0
}
