import HTTPServer

/// The version of the service.
package let nablaVersion = "0.1.0"

/// The OpenAPI document, made from the endpoints' and the catalogue's own declarations.
package struct OpenAPIDocument: Sendable {
    /// The document as YAML text.
    package let yaml: [UInt8]
    /// The document as JSON text.
    package let json: [UInt8]

    /// Makes the document.
    ///
    /// - Parameter endpoints: The endpoints in the order in which they are listed.
    /// - Throws: What the YAML emitter reports; it does not for this document.
    package init(_ endpoints: [Endpoint]) throws {
        let tree = OpenAPIDocument.tree(endpoints)
        yaml = Array(try tree.yaml().utf8)
        var writer = JSONWriter(capacity: yaml.count)
        writer.tree(tree)
        writer.endLine()
        json = writer.take()
    }

    private static func tree(_ endpoints: [Endpoint]) -> JSONTree {
        var paths: [(String, JSONTree)] = []
        for endpoint in endpoints {
            let entry = (endpoint.method.name.lowercased(), operation(endpoint))
            if let index = paths.firstIndex(where: { $0.0 == endpoint.path }) {
                paths[index].1[entry.0] = entry.1
            } else {
                paths.append((endpoint.path, .members([entry])))
            }
        }
        let schemas =
            [("Request", Schemas.request), ("Network", Schemas.network)] + CatalogueSchemas.all + Schemas.common
            + Schemas.graph
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Nabla",
                "summary": "Gradients of a posted network.",
                "description": """
                POST a network with its weights and inputs and get back the output and the gradient of every \
                layer: with respect to its output, its inputs, its weights and biases.
                """,
                "version": .string(nablaVersion),
                "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(
                Endpoint.Tag.allCases.map { tag -> JSONTree in
                    ["name": .string(tag.rawValue), "description": .string(tag.description)]
                }
            ),
            "paths": .members(paths),
            "components": ["schemas": .members(schemas)],
        ]
    }

    private static func operation(_ endpoint: Endpoint) -> JSONTree {
        var operation: JSONTree = [
            "operationId": .string(endpoint.operationID),
            "tags": [.string(endpoint.tag.rawValue)],
            "summary": .string(endpoint.summary),
        ]
        if !endpoint.description.isEmpty { operation["description"] = .string(endpoint.description) }
        if !endpoint.parameters.isEmpty { operation["parameters"] = .array(endpoint.parameters) }
        if let body = endpoint.body {
            operation["requestBody"] = [
                "required": true,
                "content": [
                    "application/json": [
                        "schema": Schemas.reference(body.schema),
                        "examples": .members(body.examples.map { ($0.name, JSONTree.members([("value", $0.value)])) }),
                    ]
                ],
            ]
        }
        var success: JSONTree = ["description": .string(endpoint.success.description)]
        if let schema = endpoint.success.schema {
            success["content"] = .members(
                [(endpoint.success.mediaType, JSONTree.members([("schema", schema)]))]
                    + endpoint.otherForms.map { ($0.rawValue, ["schema": ["type": "string"]]) }
            )
        }
        let problems = Set(Endpoint.commonProblems + endpoint.problems).sorted().map { status in
            (String(status), problem(status))
        }
        operation["responses"] = .members([("200", success)] + problems)
        return operation
    }

    private static func problem(_ status: Int) -> JSONTree {
        [
            "description": .string(reason(status)),
            "content": ["application/problem+json": ["schema": Schemas.reference("Problem")]],
        ]
    }

    /// When a request is answered with a status, in one sentence.
    static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Not HTTP, or not JSON: with the byte offset, line and column."
        case 404: "There is no such thing."
        case 405: "The path does not take the method; Allow names those that it does."
        case 406: "No acceptable form of answer."
        case 408: "The request came too slowly."
        case 413: "The body is over the limit."
        case 414: "The target is over the limit."
        case 415: "The body's type is not JSON."
        case 417: "An expectation that is not known."
        case 422: "JSON that is not a valid request: every fault with its JSON Pointer."
        case 431: "The header fields are over the limit."
        case 500: "A defect of the service."
        case 501: "A transfer coding that is not known."
        case 503: "No room in the queue, draining, or the deadline for computing has passed."
        case 505: "A version of HTTP that is not 1.x."
        default: "It can't be done."
        }
    }
}
