package import Linux

/// What the root of an instance is made of: an empty directory with links, and files of the host's, or the directories of a
/// given root, bound in read-only. Of the host there are the libraries that the program loads and no more: nothing that could
/// be run instead of it.
package struct RootFileSystem: Hashable, Sendable {
    package struct Link: Hashable, Sendable {
        package var path: String
        package var target: String
    }

    package struct Bind: Hashable, Sendable {
        package var source: String
        package var destination: String
        package var isDirectory: Bool
    }

    package private(set) var links: [Link] = []
    package private(set) var binds: [Bind] = []

    /// Directories of nothing.
    let empty = ["/proc", "/dev", "/tmp"]

    /// Where the program is inside, wherever it is outside, and the libraries that come with it.
    package static func program(_ path: String) -> String {
        "/transponder/" + (path.split(separator: "/").last.map(String.init) ?? "program")
    }
    package static let libraries = "/transponder/lib"

    package var hasLibraries: Bool { self.binds.contains { $0.destination.hasPrefix(Self.libraries + "/") } }

    /// Of the entries of a root file system, or without one of the links of the host's, with the program and its libraries:
    /// those that are where the loader looks by itself, by their path, which without a root are bound one by one; and those
    /// that are not, by name. `kind` says what a path of the host's is, `link` what a link says.
    package init(
        program: String,
        standard: [String: String] = [:],
        libraries: [String: String],
        root: String?,
        entries: [String],
        kind: (String) -> FileKind?,
        link: (String) -> String?
    ) {
        let top = root ?? ""
        for name in entries.sorted() {
            let path = "\(top)/\(name)"
            if let target = link(path) {
                self.links.append(Link(path: "/\(name)", target: target))
            } else if root != nil, kind(path)?.isDirectory == true {
                self.binds.append(Bind(source: path, destination: "/\(name)", isDirectory: true))
            }
        }
        // Lists where libraries are, so that the loader finds them where the host's does.
        if root == nil {
            if kind(Self.loaderCache)?.isFile == true {
                self.binds.append(Bind(source: Self.loaderCache, destination: Self.loaderCache, isDirectory: false))
            }
            let places = standard.map { (Self.followed($0.key, self.links), $0.value) }
            let files = Dictionary(places) { first, _ in first }
            for (inside, path) in files.sorted(by: { $0.key < $1.key }) {
                self.binds.append(Bind(source: path, destination: inside, isDirectory: false))
            }
        }
        self.binds.append(Bind(source: program, destination: Self.program(program), isDirectory: false))
        for (name, path) in libraries.sorted(by: { $0.key < $1.key }) {
            self.binds.append(Bind(source: path, destination: "\(Self.libraries)/\(name)", isDirectory: false))
        }
    }

    /// A path with its first component followed, where that is a link: a place to mount must be no way through one.
    private static func followed(_ path: String, _ links: [Link]) -> String {
        guard let link = links.first(where: { path.hasPrefix($0.path + "/") }) else { return path }
        let target = link.target.hasPrefix("/") ? link.target : "/" + link.target
        return target + path.dropFirst(link.path.count)
    }

    private static let loaderCache = "/etc/ld.so.cache"

    /// Of the host: programs and libraries, and neither settings, secrets, state nor devices.
    static let hostEntries = ["bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr"]

    /// Of a given root file system that the container makes itself.
    static let replaced: Set<String> = ["dev", "proc", "run", "sys", "tmp", "transponder"]

    static func read(
        program: String,
        libraries: SharedLibraries,
        root: String?
    ) throws(RuntimeError) -> Self {
        var entries = Self.hostEntries
        if let root {
            do throws(LinuxError) {
                entries = try Directory.entries(of: root).filter { !Self.replaced.contains($0) }
            } catch {
                throw RuntimeError(.storage, "Cannot read the root file system \(root): \(error.reason).")
            }
        }
        return Self(
            program: program,
            standard: libraries.standard,
            libraries: libraries.elsewhere,
            root: root,
            entries: entries,
            kind: { SmallFile.kind(of: $0, following: false) },
            link: SmallFile.link
        )
    }
}
