import Backprop
import GradientService
import TestSupport
import Testing

/// A type of layer or loss with a request that uses it.
struct CatalogueRequest: Sendable, CustomTestStringConvertible {
    let type: String
    let fields: [Field]
    /// The request around the layer or loss, and where that stands.
    let request: @Sendable (_ entry: JSONTree) -> JSONTree
    let pointer: String
    let entry: JSONTree
    /// Its entry in `/v1/layers` or `/v1/losses`, and its schema in the contract.
    let listing: JSONTree?
    let schemaName: String

    var testDescription: String { type }

    static let all = layers + losses

    private static let layers = Catalogue.layers.map { type in
        let example = type.examples[0]
        let names = example.inputs.indices.map { "x\($0)" }
        let inputs = JSONTree.members(zip(names, example.inputs.map(tree)))
        var entry: JSONTree = ["type": .string(type.type), "inputs": .array(names.map { .string($0) })]
        for field in type.fields {
            if let tensor = example.parameters[field.name] { entry[field.name] = tree(tensor) }
            if let value = example.fields[field.name] { entry[field.name] = tree(value) }
        }
        return CatalogueRequest(
            type: type.type,
            fields: type.fields,
            request: { ["network": ["layers": [$0]], "inputs": inputs] },
            pointer: "#/network/layers/0",
            entry: entry,
            listing: CatalogueListing.layers["layers"]?.elements.first { $0["type"]?.text == type.type },
            schemaName: schemaName(type.type, "Layer")
        )
    }

    private static let losses = Catalogue.losses.map { type in
        let example = type.examples[0]
        var entry: JSONTree = ["type": .string(type.type)]
        for field in type.fields { example.fields[field.name].map { entry[field.name] = tree($0) } }
        let input = tree(example.output)
        return CatalogueRequest(
            type: type.type,
            fields: type.fields,
            request: { ["network": ["layers": [["type": "scale", "factor": 1]]], "input": input, "loss": $0] },
            pointer: "#/loss",
            entry: entry,
            listing: CatalogueListing.losses["losses"]?.elements.first { $0["type"]?.text == type.type },
            schemaName: schemaName(type.type, "Loss")
        )
    }

    private static func schemaName(_ type: String, _ suffix: String) -> String {
        type.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + suffix
    }

    private static func tree(_ tensor: Tensor<Double>) -> JSONTree {
        if tensor.shape.rank == 0 { return .number(tensor.elements[0]) }
        return [
            "shape": .array(tensor.shape.dimensions.map { .integer($0) }),
            "data": .array(tensor.elements.map { .number($0) }),
        ]
    }

    private static func tree(_ value: FieldValue) -> JSONTree {
        switch value {
        case .number(let number): .number(number)
        case .integers(let list): list.count == 1 ? .integer(list[0]) : .array(list.map { .integer($0) })
        case .flag(let flag): .bool(flag)
        case .choice(let word): .string(word)
        case .constant(let tensor): tree(tensor)
        }
    }
}

/// Decoding, `/v1/layers`, `/v1/losses` and the contract's schemas come from one declaration; this holds them together.
@Suite struct CatalogueTests {
    private static let contract = Result { try JSONTree(parsing: OpenAPIDocument(endpoints).json) }

    @Test(arguments: CatalogueRequest.all)
    func `an example is a good request`(_ item: CatalogueRequest) throws {
        let (status, body) = try answer(ForwardOperation.self, item.request(item.entry))
        #expect(status == 200, "\(body)")
    }

    @Test(arguments: CatalogueRequest.all)
    func `a required field that is dropped is missed at its place`(_ item: CatalogueRequest) throws {
        for field in item.fields where item.entry[field.name] != nil {
            var entry = item.entry
            entry[field.name] = nil
            let (status, body) = try answer(ForwardOperation.self, item.request(entry))
            let pointers = body["errors"]?.elements.compactMap { $0["pointer"]?.text } ?? []
            if field.isRequired {
                #expect(status == 422 && pointers.contains("\(item.pointer)/\(field.name)"), "\(field.name): \(body)")
            }
        }
    }

    @Test(arguments: CatalogueRequest.all)
    func `a misspelt field is answered with the one that was meant`(_ item: CatalogueRequest) throws {
        for name in item.fields.map(\.name) + ["type"] {
            let misspelt = name + "z"
            let found = try faults(ForwardOperation.self, item.request(item.entry.with(misspelt, 1)))
            let detail = try #require(found["\(item.pointer)/\(misspelt)"])
            #expect(detail.contains("did you mean \"\(name)\"?"), "\(detail)")
        }
    }

    @Test(arguments: CatalogueRequest.all)
    func `listing and contract say what the declaration says`(_ item: CatalogueRequest) throws {
        let listing = try #require(item.listing)
        let listed = listing["fields"]?.elements ?? []
        #expect(listed.map { $0["name"]?.text } == item.fields.map(\.name))
        #expect(listed.map { $0["required"] } == item.fields.map { .bool($0.isRequired) })
        #expect(listed.map { $0["learnable"] } == item.fields.map { .bool($0.isParameter) })
        for member in ["shape_rule", "formula", "gradient_formula"] {
            #expect(listing[member]?.text?.isEmpty == false || item.type == "embedding")
        }

        let schema = try #require(try Self.contract.get()["components"]?["schemas"]?[item.schemaName])
        let required = schema["required"]?.elements.compactMap(\.text) ?? []
        #expect(required == ["type"] + item.fields.filter(\.isRequired).map(\.name))
        for field in listed {
            let name = try #require(field["name"]?.text)
            let property = try #require(schema["properties"]?[name])
            #expect((property["default"] ?? .null) == field["default"])
        }
    }

    @Test(arguments: CatalogueRequest.all)
    func `a listed default is what is taken where the field is left out`(_ item: CatalogueRequest) throws {
        var entry = item.entry
        for field in item.listing?["fields"]?.elements ?? [] {
            guard let name = field["name"]?.text, let standard = field["default"], standard != .null else { continue }
            if entry[name] == nil { entry[name] = standard }
        }
        let (left, right) = (
            try answer(ForwardOperation.self, item.request(item.entry)),
            try answer(ForwardOperation.self, item.request(entry))
        )
        #expect(left.body == right.body)
    }
}
