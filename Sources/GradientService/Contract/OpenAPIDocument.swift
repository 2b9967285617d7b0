import HTTPServer

/// The version of the service.
package let nablaVersion = "0.1.0"

/// The OpenAPI document, made from the endpoints' and the catalogue's own declarations.
package struct OpenAPIDocument: Sendable {
    /// The document as YAML text.
    package let yaml: [UInt8]
    /// The document as JSON text.
    package let json: [UInt8]

    /// The document of what is served, made once: it takes longer than all else that a service needs.
    static let ofThisProgram = Result { try OpenAPIDocument(GradientService.endpoints) }

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
            [("Request", Schemas.request), ("Network", Schemas.network)] + CatalogueSchemas.all + ModelSchemas.all
            + UMBridgeSchemas.all + TesseractSchemas.all + OpenInferenceSchemas.all + Schemas.common
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
            let content: JSONTree = [
                "schema": Schemas.reference(body.schema),
                "examples": .members(body.examples.map { ($0.name, JSONTree.members([("value", $0.value)])) }),
            ]
            operation["requestBody"] = ["required": true, "content": ["application/json": content]]
        }
        let problems = Set(Endpoint.commonProblems + endpoint.problems).sorted().map { status in
            (String(status), problem(status, Mount(endpoint.path.utf8)))
        }
        let successes = ([endpoint.success] + endpoint.otherSuccesses).map { success in
            (String(success.status), answer(success, otherForms: success.status == 200 ? endpoint.otherForms : []))
        }
        operation["responses"] = .members(successes + problems)
        return operation
    }

    private static func answer(_ success: Endpoint.Success, otherForms: [AnswerForm]) -> JSONTree {
        var answer: JSONTree = ["description": .string(success.description)]
        if !success.headers.isEmpty {
            answer["headers"] = .members(success.headers.map { ($0, ["schema": ["type": "string"]]) })
        }
        if let schema = success.schema {
            answer["content"] = .members(
                [(success.mediaType, JSONTree.members([("schema", schema)]))]
                    + otherForms.map { ($0.rawValue, ["schema": ["type": "string"]]) }
            )
        }
        return answer
    }

    private static func problem(_ status: Int, _ mount: Mount?) -> JSONTree {
        [
            "description": .string(reason(status)),
            "content": .members(
                [
                    (
                        mount?.mediaType ?? Problem.mediaType,
                        JSONTree.members([("schema", Schemas.reference(mount?.schema ?? "Problem"))])
                    )
                ]
            ),
        ]
    }

    /// When a request is answered with a status, in one sentence.
    static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Not HTTP, or not JSON: with the byte offset, line and column."
        case 401: "No valid key, where keys are asked for."
        case 403: "The key does not have the right."
        case 404: "There is no such thing."
        case 405: "The path does not take the method; Allow names those that it does."
        case 406: "No acceptable form of answer."
        case 408: "The request came too slowly."
        case 412: "The model is not in the state that the precondition asks for."
        case 413: "The body is over the limit."
        case 414: "The target is over the limit."
        case 415: "The body's type is not JSON."
        case 417: "An expectation that is not known."
        case 422: "JSON that is not a valid request: every fault with its JSON Pointer."
        case 429: "More requests than the key's rate; Retry-After says when to come again."
        case 431: "The header fields are over the limit."
        case 500: "A defect of the service."
        case 501: "A transfer coding that is not known."
        case 503: "No room in the queue, draining, or the deadline for computing has passed."
        case 507: "The model store is full."
        case 505: "A version of HTTP that is not 1.x."
        default: "It can't be done."
        }
    }
}
