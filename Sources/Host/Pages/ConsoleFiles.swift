package import Web

/// The operator's page and what it is made of.
package enum ConsoleFiles {
    package static let folder = PageFiles.folder

    package static let page = PageResponder.page(PageTemplate(PageFiles.console).filled([:]))

    package static func asset(_ version: String, _ name: String) -> HTTPReply? { PageFiles.reply(version, name) }
}
