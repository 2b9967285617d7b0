import Backprop
import HTTPServer

extension Endpoint {
    /// `GET /v1/examples`.
    static let examples = Endpoint(
        method: .get,
        path: "/v1/examples",
        operationID: "listExamples",
        tag: .catalogue,
        summary: "The requests that can be had as examples.",
        parameters: [Parameters.pretty],
        success: .init(
            description: "The examples.",
            schema: [
                "type": "object",
                "required": ["examples"],
                "properties": [
                    "examples": Schemas.list(
                        "The examples.",
                        of: [
                            "type": "object",
                            "title": "ExampleEntry",
                            "required": ["name", "title", "endpoint"],
                            "properties": [
                                "name": ["type": "string"], "title": ["type": "string"],
                                "endpoint": ["type": "string"],
                            ],
                        ]
                    )
                ],
            ]
        ),
        respond: { service, request, _ in
            let list = Example.all.map { example -> JSONTree in
                [
                    "name": .string(example.name), "title": .string(example.title),
                    "endpoint": .string(example.endpoint),
                ]
            }
            return .ready(service.json(["examples": .array(list)], for: request))
        }
    )

    /// `GET /v1/examples/{name}`.
    static let example = Endpoint(
        method: .get,
        path: "/v1/examples/{name}",
        operationID: "getExample",
        tag: .catalogue,
        summary: "A request that runs as it is.",
        description: "`curl -s host/v1/examples/lecture | curl --json @- host/v1/gradients`",
        parameters: [
            [
                "name": "name", "in": "path", "required": true,
                "schema": ["type": "string", "enum": .array(Example.all.map { .string($0.name) })],
            ],
            Parameters.pretty,
        ],
        success: .init(description: "A request's body.", schema: Schemas.reference("Request")),
        problems: [404],
        respond: { service, request, parameters in
            let name = parameters["name"] ?? ""
            guard let body = service.examples[name] else {
                let hint = Suggestion.hint(name, among: Example.all.map(\.name))
                let rejection = Rejection(404, "there is no example \(quoted(name))\(hint)")
                return .ready(service.response(rejection, for: request.head))
            }
            return .ready(service.json(body, for: request))
        }
    )
}
