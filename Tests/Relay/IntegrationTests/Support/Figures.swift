/// What tests measure on their way, for whoever reads their output.
enum Figures {
    static func note(_ figure: String) {
        print("figure: \(figure)")
    }
}
