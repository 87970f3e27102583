import Testing

@Suite struct LayeringTests {
    @Test func everyFolderOfSourcesHasItsPlace() throws {
        #expect(try SourceTree.entries(of: "Sources") == Set(House.allCases.map(\.rawValue)).union(["Rehearsal"]))
        for house in House.allCases {
            #expect(try SourceTree.entries(of: "Sources/\(house.rawValue)") == Layers.houses[house])
        }
        #expect(Layers.houses.values.reduce(["Rehearsal"]) { $0.union($1) } == Set(Layers.modules.keys))
    }

    @Test func nothingPassesBetweenTheTwoPrograms() {
        for (module, below) in Layers.modules {
            let forbidden = House.allCases.filter { !Layers.mayReach($0, from: Layers.house(of: module)) }
            for house in forbidden {
                #expect(below.isDisjoint(with: Layers.houses[house] ?? []), "\(module) imports from \(house.rawValue)")
            }
        }
    }

    @Test func whatBothShareKnowsNeither() {
        for module in Layers.houses[.shared] ?? [] {
            #expect(Layers.reach(of: module).isSubset(of: Layers.houses[.shared] ?? []), "\(module)")
        }
    }

    @Test func arrowsPointDown() {
        for folder in Layers.modules.keys { #expect(!Layers.reach(of: folder).contains(folder), "\(folder)") }
        for (folder, below) in Layers.modules { #expect(below.isSubset(of: Layers.modules.keys), "\(folder)") }
    }

    @Test func theControlPlaneNeverReachesFFmpeg() {
        let reach = Layers.reach(of: "transponder")
        #expect(reach.isDisjoint(with: ["CLibav", "Libav", "CSRT", "SRT"]))
        #expect(Layers.reach(of: "transponder-relay").contains("CLibav"))
    }

    @Test func cLibrariesHaveOneOwner() {
        #expect(Layers.modules.filter { $0.value.contains("CLibav") }.map(\.key) == ["Libav"])
        #expect(Layers.modules.filter { $0.value.contains("CCurl") }.map(\.key) == ["Curl"])
        #expect(Layers.modules.filter { $0.value.contains("CSRT") }.map(\.key) == ["SRT"])
        #expect(Set(Layers.modules.filter { $0.value.contains("CLinux") }.map(\.key)) == ["Linux", "Tape"])
    }

    @Test func everyImportIsAllowed() throws {
        let files = try SourceTree.swiftFiles(in: "Sources")
        var count = 0
        for file in files {
            for (number, line) in file.lines.enumerated() {
                guard let module = SourceTree.imported(by: line) else { continue }
                count += 1
                #expect(Self.may(file.module, import: module), "\(file.path):\(number + 1) imports \(module)")
            }
        }
        #expect(count > files.count / 2)
    }

    private static func may(_ folder: String, import module: String) -> Bool {
        if Layers.modules.keys.contains(module) { return Layers.modules[folder]?.contains(module) ?? false }
        if let importers = Layers.packages[module] { return importers.contains(folder) }
        guard Layers.toolchain.contains(module) else { return false }
        return !(Layers.pure.contains(folder) && Layers.impure.contains(module))
    }

    @Test func onlyWhoTouchesMemorySaysUnsafe() throws {
        for file in try SourceTree.swiftFiles(in: "Sources") where !Layers.unsafe.contains(file.module) {
            for (number, line) in file.lines.enumerated() {
                #expect(!SourceTree.saysUnsafe(line), "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func theTopIsTidy() throws {
        let entries = try SourceTree.entries(of: "").subtracting(Layers.ignored)
        #expect(entries.isSubset(of: Layers.top), "\(entries.subtracting(Layers.top).sorted())")
    }

    @Test func filesAreShort() throws {
        for folder in ["Sources", "Tests"] {
            for file in try SourceTree.swiftFiles(in: folder) where !Layers.tables.contains(file.path) {
                #expect(file.lines.count - 1 <= Layers.longestFile, "\(file.path)")
            }
        }
    }

    // MARK: - The rules themselves

    @Test(arguments: [
        ("import Media", "Media"), ("package import NIOCore", "NIOCore"),
        ("@preconcurrency internal import CLibav", "CLibav"),
        ("import struct Foundation.URL  // reason", "Foundation"), ("    import Glibc", "Glibc"),
        ("// import Libav", nil), ("let import = 1", nil), ("call(\"import Libav\")", nil), ("", nil),
    ])
    func importsAreFound(line: String, module: String?) {
        #expect(SourceTree.imported(by: line) == module)
    }

    @Test(arguments: [
        ("let a = unsafe b", true), ("foo(unsafe: 1)", true), ("nonisolated(unsafe) var x", true),
        ("// unsafe to do", false), ("log(\"unsafe\")", false), ("UnsafePointer<Int>", false),
    ])
    func unsafeIsFound(line: String, expected: Bool) {
        #expect(SourceTree.saysUnsafe(line) == expected)
    }

    @Test(arguments: [
        ("Wire", "Libav"), ("Tape", "Wire"), ("Health", "NIOCore"), ("Media", "Foundation"), ("Media", "XML"),
    ])
    func forbiddenImportsAreForbidden(folder: String, module: String) {
        #expect(!Self.may(folder, import: module))
    }
}
