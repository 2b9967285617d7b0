/// The declaration of one field of a layer or loss: it drives decoding, its errors, the catalogue and the reference.
public struct Field: Sendable {
    /// The name on the wire.
    public let name: String
    /// What values it takes.
    public let kind: Kind
    /// The value where the field is left out; without one an optional field is simply absent.
    public let standard: FieldValue?
    /// Whether the field must be there.
    public let isRequired: Bool
    /// One sentence that says what it means.
    public let doc: String

    /// What values a field takes.
    public enum Kind: Sendable, Equatable {
        /// A tensor that can be learnt: an operand, for which there is a gradient. May be a shared parameter.
        case parameter
        /// A tensor of constants.
        case constant
        /// A real number within a range.
        case number(Range)
        /// An integer, at least `minimum`.
        case integer(minimum: Int)
        /// A list of integers, each at least `minimum`; `count` of them if given. A single integer stands for a
        /// list of one, or for `count` equal ones.
        case integers(count: Int?, minimum: Int)
        /// As `integers`, or one of the words.
        case integersOrChoice(count: Int, minimum: Int, choices: [String])
        /// `true` or `false`.
        case flag
        /// One of the words.
        case choice([String])
    }

    /// The real numbers that a field takes.
    public enum Range: Sendable, Equatable {
        case any
        case positive
        case notNegative
        /// From 0 to 1, both included.
        case fraction

        /// Whether `value` lies in the range.
        public func contains(_ value: Double) -> Bool {
            switch self {
            case .any: true
            case .positive: value > 0
            case .notNegative: value >= 0
            case .fraction: value >= 0 && value <= 1
            }
        }
    }

    private init(_ name: String, _ kind: Kind, standard: FieldValue?, required: Bool, _ doc: String) {
        self.name = name
        self.kind = kind
        self.standard = standard
        isRequired = required
        self.doc = doc
    }

    /// A field that must be there.
    public static func required(_ name: String, _ kind: Kind, _ doc: String) -> Field {
        Field(name, kind, standard: nil, required: true, doc)
    }

    /// A field that may be left out or `null`; the layer then does without it, or takes `standard`.
    public static func optional(_ name: String, _ kind: Kind, standard: FieldValue? = nil, _ doc: String) -> Field {
        Field(name, kind, standard: standard, required: false, doc)
    }

    /// A real number with a default.
    public static func number(_ name: String, _ range: Range = .any, standard: Double, _ doc: String) -> Field {
        optional(name, .number(range), standard: .number(standard), doc)
    }

    /// The bias of `out` elements that several layers add.
    public static func bias(_ doc: String = "Added to the output; (out).") -> Field {
        optional("bias", .parameter, doc)
    }

    /// Whether the field is an operand.
    public var isParameter: Bool { kind == .parameter }
}

/// The value of a field other than a learnable tensor.
public enum FieldValue: Sendable, Equatable {
    case number(Double)
    case integers([Int])
    case flag(Bool)
    case choice(String)
    case constant(Tensor<Double>)
}

/// The fields of one layer or loss, defaults filled in.
public struct FieldValues: Sendable {
    private var values: [String: FieldValue] = [:]
    /// The learnable fields that were given.
    private var parameters: Set<String> = []

    /// Fills in the defaults of `fields`.
    public init(defaultsOf fields: [Field]) {
        for field in fields { values[field.name] = field.standard }
    }

    /// Sets a field.
    public mutating func set(_ name: String, _ value: FieldValue) { values[name] = value }

    /// Notes that a learnable field was given.
    public mutating func noteParameter(_ name: String) { parameters.insert(name) }

    /// Whether a field that may be left out is there.
    public func has(_ name: String) -> Bool { values[name] != nil || parameters.contains(name) }

    /// The value of a field, `nil` where it was left out and has no default.
    public subscript(name: String) -> FieldValue? { values[name] }

    /// A real number that is there.
    public func number(_ name: String) -> Double {
        guard let number = optionalNumber(name) else { preconditionFailure("\(name) is declared as a number") }
        return number
    }

    /// A real number, if it is there.
    public func optionalNumber(_ name: String) -> Double? {
        if case .number(let value) = values[name] { value } else { nil }
    }

    /// An integer that is there.
    public func integer(_ name: String) -> Int {
        guard let integer = optionalInteger(name) else { preconditionFailure("\(name) is declared as an integer") }
        return integer
    }

    /// An integer, if it is there.
    public func optionalInteger(_ name: String) -> Int? {
        if case .integers(let values) = values[name], values.count == 1 { values[0] } else { nil }
    }

    /// A list of integers that is there.
    public func integers(_ name: String) -> [Int] {
        guard let integers = optionalIntegers(name) else { preconditionFailure("\(name) is declared as integers") }
        return integers
    }

    /// A list of integers, if it is there.
    public func optionalIntegers(_ name: String) -> [Int]? {
        if case .integers(let values) = values[name] { values } else { nil }
    }

    /// A flag that is there.
    public func flag(_ name: String) -> Bool {
        guard case .flag(let value) = values[name] else { preconditionFailure("\(name) is declared as a flag") }
        return value
    }

    /// A word that is there.
    public func choice(_ name: String) -> String {
        guard let word = optionalChoice(name) else { preconditionFailure("\(name) is declared as a choice") }
        return word
    }

    /// A word, if the field holds one.
    public func optionalChoice(_ name: String) -> String? {
        if case .choice(let value) = values[name] { value } else { nil }
    }

    /// A tensor of constants, if it is there.
    public func constant(_ name: String) -> Tensor<Double>? {
        if case .constant(let value) = values[name] { value } else { nil }
    }
}
