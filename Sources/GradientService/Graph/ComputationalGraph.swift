import Backprop

/// A request's computational graph, as the book by Goodfellow and others has it in section 6.5.1.
///
/// A node is a variable, which is an input, a parameter, a layer's output or the loss; an edge leads from each operand
/// to what is computed from it.
struct ComputationalGraph {
    /// A variable.
    struct Node {
        /// Unique in the graph, and letters and digits only.
        let id: String
        let kind: Kind
        /// Its name; that of a layer's own parameter is `layer.field`.
        let name: String
        /// The layer's or loss's type.
        let type: String?
        let shape: Shape
        let value: Summary
        /// `nil` for integers.
        let gradient: Summary?
    }

    /// What a variable is.
    enum Kind: String, CaseIterable {
        case input, parameter, layer, loss
    }

    /// That one variable is computed from another.
    struct Edge {
        let from: String
        let to: String
        /// `inputs[k]`, the field's name, or `output` for what a loss is of.
        let operand: String
    }

    /// A tensor in four numbers.
    struct Summary {
        let minimum: Double
        let maximum: Double
        let mean: Double
        /// The square root of the sum of squares.
        let norm: Double
    }

    let nodes: [Node]
    let edges: [Edge]

    /// Makes the graph.
    ///
    /// - Parameters:
    ///   - submission: The request.
    ///   - outputs: Every layer's output.
    ///   - loss: The loss's value, if there is one.
    ///   - gradients: Every gradient.
    init<S: Scalar>(_ submission: Submission<S>, outputs: [Tensor<S>?], loss: S?, gradients: Gradients<S>) {
        let network = submission.network
        var nodes: [Node] = []
        var edges: [Edge] = []
        for (index, input) in network.inputs.enumerated() {
            nodes.append(
                Node(
                    id: "input\(index)",
                    kind: .input,
                    name: input.name,
                    type: nil,
                    shape: input.shape,
                    value: Summary(submission.inputs[index]),
                    gradient: gradients.inputs[index].map { Summary($0) }
                )
            )
        }
        for (index, parameter) in network.parameters.enumerated() {
            let (name, gradient) = Self.parameter(index, network, gradients)
            nodes.append(
                Node(
                    id: "parameter\(index)",
                    kind: .parameter,
                    name: name,
                    type: nil,
                    shape: parameter.shape,
                    value: Summary(submission.parameters[index]),
                    gradient: gradient.map { Summary($0) }
                )
            )
        }
        for (index, step) in network.steps.enumerated() {
            guard let output = outputs[index] else { continue }
            nodes.append(
                Node(
                    id: "layer\(index)",
                    kind: .layer,
                    name: step.name,
                    type: step.type,
                    shape: step.shape,
                    value: Summary(output),
                    gradient: gradients.layers[index].map { Summary($0.output) }
                )
            )
            for (position, source) in step.inputs.enumerated() {
                edges.append(Edge(from: Self.id(source), to: "layer\(index)", operand: "inputs[\(position)]"))
            }
            for (field, parameter) in zip(step.parameterFields, step.parameters) {
                guard let parameter else { continue }
                edges.append(Edge(from: "parameter\(parameter)", to: "layer\(index)", operand: field))
            }
        }
        if let loss, let type = submission.loss.map({ Swift.type(of: $0).type }) {
            let one = Summary(Tensor<S>(1))
            nodes.append(
                Node(
                    id: "loss",
                    kind: .loss,
                    name: "loss",
                    type: type,
                    shape: [],
                    value: Summary(Tensor(loss)),
                    gradient: one
                )
            )
            edges.append(Edge(from: "layer\(network.output)", to: "loss", operand: "output"))
        }
        self.nodes = nodes
        self.edges = edges
    }

    private static func id(_ source: Network.Source) -> String {
        switch source {
        case .input(let index): "input\(index)"
        case .layer(let index): "layer\(index)"
        }
    }

    private static func parameter<S>(
        _ index: Int,
        _ network: Network,
        _ gradients: Gradients<S>
    ) -> (name: String, gradient: Tensor<S>?) {
        switch network.parameters[index].owner {
        case .shared(let name): return (name, gradients.shared[index])
        case .layer(let layer, let field):
            let step = network.steps[layer]
            let slot = step.parameters.firstIndex(of: index)
            return ("\(step.name).\(field)", slot.flatMap { gradients.layers[layer]?.parameters[$0] })
        }
    }
}

extension ComputationalGraph.Summary {
    /// Sums a tensor up; one NaN makes everything NaN.
    init<S: Scalar>(_ tensor: Tensor<S>) {
        var (minimum, maximum, sum, largest) = (Double.infinity, -Double.infinity, 0.0, 0.0)
        var isNaN = false
        for element in tensor.elements {
            let value = element.value
            isNaN = isNaN || value.isNaN
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            sum += value
            largest = max(largest, abs(value))
        }
        var squares = 0.0
        // Scaled, so that squares neither overflow nor vanish.
        if largest > 0, largest.isFinite {
            for element in tensor.elements {
                let ratio = element.value / largest
                squares += ratio * ratio
            }
        }
        self.minimum = isNaN ? .nan : minimum
        self.maximum = isNaN ? .nan : maximum
        mean = sum / Double(tensor.count)
        norm = isNaN ? .nan : largest.isFinite ? largest * squares.squareRoot() : .infinity
    }
}

extension JSONWriter {
    /// Writes a graph; numbers in the request's type.
    mutating func graph<S: Scalar & TextScalar>(_ graph: ComputationalGraph, in type: S.Type) {
        beginObject()
        name("nodes")
        beginArray()
        for node in graph.nodes {
            beginObject()
            name("id")
            string(node.id)
            name("kind")
            string(node.kind.rawValue)
            name("name")
            string(node.name)
            name("type")
            if let type = node.type { string(type) } else { null() }
            name("shape")
            integers(node.shape.dimensions)
            name("value")
            summary(node.value, in: type)
            name("gradient")
            if let gradient = node.gradient { summary(gradient, in: type) } else { null() }
            endObject()
        }
        endArray()
        name("edges")
        beginArray()
        for edge in graph.edges {
            beginObject()
            name("from")
            string(edge.from)
            name("to")
            string(edge.to)
            name("operand")
            string(edge.operand)
            endObject()
        }
        endArray()
        endObject()
    }

    private mutating func summary<S: Scalar & TextScalar>(_ summary: ComputationalGraph.Summary, in type: S.Type) {
        beginObject()
        let members = [
            ("min", summary.minimum), ("max", summary.maximum), ("mean", summary.mean), ("norm", summary.norm),
        ]
        for (label, value) in members {
            name(label)
            number(type.init(value))
        }
        endObject()
    }
}

extension Schemas {
    /// The schemas of a computational graph, by name: client generators want each object to have one.
    static var graph: [(String, JSONTree)] {
        let kinds = ComputationalGraph.Kind.allCases.map { JSONTree.string($0.rawValue) }
        return [
            (
                "Graph",
                object(
                    "Where graph is true: a node for each variable, an edge from each operand to its result.",
                    required: ["nodes", "edges"],
                    [
                        ("nodes", list("The variables.", of: reference("GraphNode"))),
                        ("edges", list("What is computed from what.", of: reference("GraphEdge"))),
                    ]
                )
            ),
            (
                "GraphNode",
                object(
                    "A variable: an input, a parameter, a layer's output or the loss.",
                    required: ["id", "kind", "name", "type", "shape", "value", "gradient"],
                    [
                        ("id", ["type": "string"]),
                        ("kind", ["type": "string", "enum": .array(kinds)]),
                        ("name", ["type": "string"]),
                        (
                            "type",
                            [
                                "anyOf": [["type": "string"], ["type": "null"]],
                                "description": "The layer's or loss's type.",
                            ]
                        ),
                        ("shape", list("The shape.", of: ["type": "integer"])),
                        ("value", reference("TensorSummary")),
                        ("gradient", ["anyOf": [reference("TensorSummary"), ["type": "null"]]]),
                    ]
                )
            ),
            (
                "GraphEdge",
                object(
                    "From an operand to what is computed from it.",
                    required: ["from", "to", "operand"],
                    ["from", "to", "operand"].map { ($0, ["type": "string"]) }
                )
            ),
            (
                "TensorSummary",
                object(
                    "A tensor in four numbers; the norm is the square root of the sum of squares.",
                    required: ["min", "max", "mean", "norm"],
                    ["min", "max", "mean", "norm"].map { ($0, number) }
                )
            ),
        ]
    }
}
