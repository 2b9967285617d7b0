/// A network as it was written down, not yet validated: what is missing or has a fault of its own is a hole.
///
/// ``Network/check(_:limits:)`` turns it into a plan or says what is wrong with it.
public struct NetworkDefinition: Sendable {
    /// A tensor that is known by name.
    public struct NamedShape: Sendable {
        /// The name.
        public let name: String
        /// The shape; `nil` where the tensor has a fault.
        public let shape: Shape?

        /// Makes a named shape.
        public init(_ name: String, _ shape: Shape?) {
            self.name = name
            self.shape = shape
        }
    }

    /// The network's inputs; names are unique.
    public var inputs: [NamedShape]
    /// The shared parameters; names are unique.
    public var parameters: [NamedShape]
    /// The layers, each after those it takes its inputs from.
    public var layers: [LayerDefinition]
    /// The layer whose output is the network's; the last one where none is named.
    public var output: String?

    /// Makes a definition.
    public init(
        inputs: [NamedShape],
        parameters: [NamedShape] = [],
        layers: [LayerDefinition],
        output: String? = nil
    ) {
        self.inputs = inputs
        self.parameters = parameters
        self.layers = layers
        self.output = output
    }

    /// The layers' names that are in force, with their positions.
    public var layerNames: [(name: String, index: Int)] {
        layers.enumerated().compactMap { index, layer in layer.effectiveName(at: index).map { ($0, index) } }
    }
}

/// One layer of a ``NetworkDefinition``.
public struct LayerDefinition: Sendable {
    /// Where a learnable field's tensor comes from.
    public enum Parameter: Sendable {
        /// The layer's own, of this shape.
        case own(Shape)
        /// The shared parameter of this name.
        case shared(String)
        /// It was given, with a fault of its own.
        case faulty
    }

    /// Where the inputs come from.
    public enum Inputs: Sendable {
        /// The layer before; for the first the network's input called `input`.
        case previous
        /// The layers or network inputs of these names; `nil` for a name with a fault of its own.
        case named([String?])
        /// They were given, with a fault of their own.
        case faulty
    }

    /// What a layer is called.
    public enum Name: Sendable {
        /// `<type>_<index>`.
        case standard
        /// This.
        case given(String)
        /// It was given, with a fault of its own.
        case faulty
    }

    /// What the layer is called.
    public var name: Name
    /// The type; `nil` where there is none such.
    public var type: (any Layer.Type)?
    /// The fields that are not learnable, as far as given and without fault.
    public var fields: FieldMap<FieldValue>
    /// The learnable fields that were given.
    public var parameters: FieldMap<Parameter>
    /// The fields, not learnable ones, that were given with a fault of their own.
    public var faultyFields: Set<String>
    /// Where the inputs come from.
    public var inputs: Inputs

    /// Makes the definition of a layer of the named type; one that there is not makes a hole.
    public init(
        _ type: String,
        name: Name = .standard,
        fields: [String: FieldValue] = [:],
        parameters: [String: Parameter] = [:],
        inputs: Inputs = .previous
    ) {
        self.init(Catalogue.layer(type), name: name, fields: fields, parameters: parameters, inputs: inputs)
    }

    /// Makes a layer's definition.
    public init(
        _ type: (any Layer.Type)?,
        name: Name = .standard,
        fields: [String: FieldValue] = [:],
        parameters: [String: Parameter] = [:],
        faultyFields: Set<String> = [],
        inputs: Inputs = .previous
    ) {
        self.type = type
        self.name = name
        self.fields = FieldMap(fields)
        self.parameters = FieldMap(parameters)
        self.faultyFields = faultyFields
        self.inputs = inputs
    }

    /// The name that is in force for the layer at `index`, if it has one.
    func effectiveName(at index: Int) -> String? {
        switch name {
        case .standard: type.map { "\($0.type)_\(index)" }
        case .given(let name): name
        case .faulty: nil
        }
    }
}

/// What is wrong with a network, its inputs or its loss, and where.
public struct Fault: Error, Sendable {
    /// A place in what was given.
    public enum Place: Sendable, Equatable {
        /// The list of layers.
        case layers
        /// A layer as a whole.
        case layer(Int)
        /// A layer's name.
        case layerName(Int)
        /// A layer's inputs as a whole.
        case layerInputs(Int)
        /// One of a layer's inputs.
        case layerInput(Int, Int)
        /// A field of a layer.
        case field(layer: Int, String)
        /// An element of a constant field, by row-major position.
        case fieldElement(layer: Int, String, Int)
        /// The name of a shared parameter in a field.
        case parameterName(layer: Int, String)
        /// The name of the output layer.
        case output
        /// A network input.
        case input(String)
        /// An element of a network input, by row-major position.
        case inputElement(String, Int)
    }

    /// Where.
    public let place: Place
    /// What was expected and what was given.
    public let detail: String
    /// Whether a limit was passed, which ends the search for further faults.
    public let isLimit: Bool

    /// Makes a fault.
    public init(_ place: Place, _ detail: String, isLimit: Bool = false) {
        self.place = place
        self.detail = detail
        self.isLimit = isLimit
    }
}

/// The bounds that a network must keep.
public struct NetworkLimits: Sendable {
    /// The most elements of one tensor.
    public var elements = 1 << 26
    /// The most dimensions of one tensor.
    public var rank = 16

    /// The defaults.
    public init() {}
}
