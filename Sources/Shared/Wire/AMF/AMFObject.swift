/// Named values in the order they were sent; some readers (old Flash, some encoders) care for the order.
package struct AMFObject: Hashable, Sendable {
    package struct Property: Hashable, Sendable {
        package var name: String
        package var value: AMFValue

        package init(name: String, value: AMFValue) {
            self.name = name
            self.value = value
        }
    }

    /// The class of a typed object; nil for an anonymous one.
    package var className: String?
    package var properties: [Property]

    package init(_ properties: [Property], className: String? = nil) {
        self.properties = properties
        self.className = className
    }

    /// The first property of that name. Setting replaces it in its place, or appends; nil removes it.
    package subscript(name: String) -> AMFValue? {
        get { self.properties.first { $0.name == name }?.value }
        set {
            let place = self.properties.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): self.properties[place].value = value
            case (let place?, nil): self.properties.remove(at: place)
            case (nil, let value?): self.properties.append(Property(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension AMFObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral properties: (String, AMFValue)...) {
        self.init(properties.map { Property(name: $0.0, value: $0.1) })
    }
}
