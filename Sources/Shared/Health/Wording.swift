/// What people here read.
package enum Language: Hashable, Sendable { case english, japanese }

/// The readers that a sentence is written for.
package enum Audience: Hashable, Sendable {
    /// Anybody who can reach a port: told no addresses.
    case everybody
    case theOperator
}

/// What is said of one thing, to each audience in each language.
package struct Wording: Hashable, Sendable {
    /// For everybody: without addresses.
    package private(set) var sentence: String
    package private(set) var japanese: String

    /// For the operator.
    package private(set) var detail: String
    package private(set) var japaneseDetail: String

    /// - Parameter text: what is said to an audience in a language.
    package init(_ text: (Audience, Language) -> String) {
        self.sentence = text(.everybody, .english)
        self.japanese = text(.everybody, .japanese)
        self.detail = text(.theOperator, .english)
        self.japaneseDetail = text(.theOperator, .japanese)
    }

    /// What tells nobody where anything is.
    package init(_ text: (Language) -> String) {
        self.init { _, language in text(language) }
    }

    package func text(for audience: Audience, in language: Language) -> String {
        switch (audience, language) {
        case (.everybody, .english): self.sentence
        case (.everybody, .japanese): self.japanese
        case (.theOperator, .english): self.detail
        case (.theOperator, .japanese): self.japaneseDetail
        }
    }

    /// The same in other words.
    package func reworded(_ change: (String) -> String) -> Wording {
        Wording { audience, language in change(self.text(for: audience, in: language)) }
    }

    /// Adds something for the operator.
    package mutating func advise(_ advice: (Language) -> String) {
        self.detail += " \(advice(.english))"
        self.japaneseDetail += advice(.japanese)
    }
}
