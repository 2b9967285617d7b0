import Backprop
import HTTPServer

extension Endpoint {
    /// The endpoints of the Open Inference Protocol.
    static let openInference: [Endpoint] =
        [
            inference("/v2", "inferenceServer", "the server", OpenInferenceSchemas.server, access: .anyKey) { _, _, _ in
                OpenInference.response(
                    [
                        "name": "nabla", "version": .string(nablaVersion),
                        "extensions": ["binary_tensor_data", "model_repository"],
                    ]
                )
            },
            health("/v2/health/live", "inferenceLive", "whether it lives", OpenInferenceSchemas.live) { _ in
                OpenInference.response(["live": true])
            },
            health("/v2/health/ready", "inferenceReady", "whether it takes requests", OpenInferenceSchemas.ready) {
                (service: Service) throws(Rejection) -> Response in
                _ = try service.readiness()
                return OpenInference.response(["ready": true])
            },
            Endpoint(
                method: .post,
                path: "/v2/repository/index",
                operationID: "inferenceRepositoryIndex",
                tag: .interchange,
                summary: "Open Inference: the models.",
                success: .init(description: "The models.", schema: OpenInferenceSchemas.index),
                access: .rights([.read, .compute]),
                respond: { service, request, _ in
                    service.work(for: request) { () throws(Rejection) in
                        let entries = try service.models.records().map { record -> JSONTree in
                            [
                                "name": .string(record.name), "version": .string(OpenInference.version),
                                "state": "READY", "reason": "",
                            ]
                        }
                        return OpenInference.response(.array(entries))
                    }
                }
            ),
        ] + ["", "/versions/{version}"].flatMap(models)

    /// The endpoints of a model, with its version in the path or without.
    private static func models(_ version: String) -> [Endpoint] {
        let path = "/v2/models/{name}" + version
        let suffix = version.isEmpty ? "" : "Version"
        return [
            inference(path, "inferenceModel" + suffix, "a model's inputs and outputs", OpenInferenceSchemas.model) {
                (service: Service, name: String, _: Request) throws(Rejection) -> Response in
                OpenInference.response(OpenInference.metadata(name, try service.models.model(named: name).interface))
            },
            inference(
                path + "/ready",
                "inferenceModelReady" + suffix,
                "whether a model is there",
                OpenInferenceSchemas.modelReady
            ) { (service: Service, name: String, _: Request) throws(Rejection) -> Response in
                _ = try service.models.model(named: name)
                return OpenInference.response(["name": .string(name), "ready": true])
            },
            Endpoint(
                method: .post,
                path: path + "/infer",
                operationID: "inferenceInfer" + suffix,
                tag: .interchange,
                summary: "Open Inference: outputs and gradients.",
                description: """
                    JSON or binary tensors both ways. `grad.x` among the outputs is the gradient with respect to x; \
                    it needs `parameters.cotangent`, the gradient at the output, unless that has one element.
                    """,
                parameters: parameters(path),
                body: .init(
                    mediaTypes: [],
                    schema: "InferenceRequest",
                    examples: [(name: "lecture", value: OpenInferenceSchemas.example)]
                ),
                success: .init(description: "The outputs.", schema: OpenInferenceSchemas.answer),
                problems: [404],
                access: .rights(.compute),
                respond: { service, request, parameters in
                    service.work(for: request, as: "v2/infer") { (work: PooledWork) throws(Rejection) in
                        let name = parameters["name"] ?? ""
                        try check(version: parameters["version"])
                        let model = try service.models.model(named: name)
                        do {
                            let length = try jsonLength(request.head.fields)
                            let asked = try InferenceRequest(request.body, jsonLength: length, limits: service.limits)
                            return try Inference(model, asked, service.limits, work).response(name)
                        } catch let failure as OpenInference.Failure {
                            return OpenInference.response(failure)
                        } catch let rejection as Rejection {
                            throw rejection
                        } catch {
                            throw Rejection(400, "\(error)")
                        }
                    }
                }
            ),
        ]
    }

    private static func parameters(_ path: String) -> [JSONTree] {
        let version: JSONTree = [
            "name": "version", "in": "path", "required": true,
            "schema": ["type": "string", "enum": [.string(OpenInference.version)]],
        ]
        return (path.contains("{name}") ? [ModelSchemas.name] : []) + (path.contains("{version}") ? [version] : [])
    }

    private static func check(version: String?) throws(Rejection) {
        guard let version, version != OpenInference.version else { return }
        throw Rejection(404, "a model has the version \(OpenInference.version) alone, not \(quoted(version))")
    }

    /// How long the JSON is before binary tensors, if it is said.
    private static func jsonLength(_ fields: Fields) throws -> Int? {
        guard let text = fields[OpenInference.headerLength] else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw OpenInference.Failure("\(OpenInference.headerLength) is a number of bytes; it is \(quoted(text))")
        }
        return length
    }

    /// A probe: open, and answered where it was received, for it must not wait behind what it asks about.
    private static func health(
        _ path: String,
        _ operationID: String,
        _ summary: String,
        _ schema: JSONTree,
        _ answer: @escaping @Sendable (Service) throws(Rejection) -> Response
    ) -> Endpoint {
        Endpoint(
            method: .get,
            path: path,
            operationID: operationID,
            tag: .interchange,
            summary: "Open Inference: \(summary).",
            success: .init(description: "It is as follows.", schema: schema),
            access: .open,
            respond: { service, request, _ in
                do throws(Rejection) {
                    return .ready(try answer(service))
                } catch {
                    return .ready(service.response(error, for: request.head))
                }
            }
        )
    }

    private static func inference(
        _ path: String,
        _ operationID: String,
        _ summary: String,
        _ schema: JSONTree,
        access: Access = .rights([.read, .compute]),
        _ answer: @escaping @Sendable (Service, String, Request) throws(Rejection) -> Response
    ) -> Endpoint {
        Endpoint(
            method: .get,
            path: path,
            operationID: operationID,
            tag: .interchange,
            summary: "Open Inference: \(summary).",
            parameters: parameters(path),
            success: .init(description: "It is as follows.", schema: schema),
            problems: path.contains("{name}") ? [404] : [],
            access: access,
            respond: { service, request, parameters in
                service.work(for: request) { () throws(Rejection) in
                    try check(version: parameters["version"])
                    return try answer(service, parameters["name"] ?? "", request)
                }
            }
        )
    }
}

/// The schemas of the Open Inference Protocol.
enum OpenInferenceSchemas {
    /// A request for the lecture's model, where that is stored.
    static let example: JSONTree = [
        "id": "1",
        "inputs": [["name": "x", "shape": [1, 3], "datatype": "FP64", "data": [1, -2, 3]]],
        "outputs": [["name": "C"], ["name": "grad.x"]],
    ]

    private static func object(_ title: String, _ members: (String, JSONTree)...) -> JSONTree {
        [
            "type": "object", "title": .string(title), "required": .array(members.map { .string($0.0) }),
            "properties": .members(members),
        ]
    }

    private static let text: JSONTree = ["type": "string"]
    private static let lengths: JSONTree = ["type": "array", "items": ["type": "integer"]]
    private static let tensors = Schemas.list("Tensors.", of: Schemas.reference("InferenceTensorForm"))

    static let server = object(
        "InferenceServer",
        ("name", text),
        ("version", text),
        ("extensions", Schemas.list("What it can do.", of: text))
    )
    static let model = object(
        "InferenceModel",
        ("name", text),
        ("versions", Schemas.list("There is one.", of: text)),
        ("platform", text),
        ("inputs", tensors),
        ("outputs", tensors)
    )
    static let modelReady = object("InferenceModelReady", ("name", text), ("ready", ["type": "boolean"]))
    static let index = Schemas.list(
        "The models.",
        of: object("InferenceIndexEntry", ("name", text), ("version", text), ("state", text), ("reason", text))
    )

    static let live = object("InferenceLive", ("live", ["type": "boolean"]))
    static let ready = object("InferenceReady", ("ready", ["type": "boolean"]))

    static let answer: JSONTree = [
        "type": "object", "title": "InferenceAnswer", "required": ["model_name", "outputs"],
        "properties": [
            "model_name": text, "model_version": text, "id": text,
            "outputs": Schemas.list("The outputs.", of: Schemas.reference("InferenceOutput")),
        ],
    ]

    private static let shape: JSONTree = [
        "type": "array", "maxItems": 16, "items": ["type": "integer", "minimum": 1],
    ]

    private static let datatype: JSONTree = [
        "type": "string", "enum": .array(ElementType.allCases.map { .string($0.inferenceName) }),
    ]

    /// The named schemas.
    static let all: [(String, JSONTree)] = [
        ("InferenceTensorForm", object("", ("name", text), ("datatype", datatype), ("shape", lengths))),
        (
            "InferenceOutput",
            [
                "type": "object", "required": ["name", "datatype", "shape"],
                "properties": [
                    "name": text, "datatype": datatype, "shape": lengths,
                    "data": Schemas.list(
                        "The numbers, row-major; null for those that are not finite.",
                        of: ["anyOf": [["type": "number"], ["type": "null"]]]
                    ),
                    "parameters": ["type": "object"],
                ],
            ]
        ),
        (
            "InferenceInput",
            [
                "type": "object", "required": ["name", "shape", "datatype"],
                "properties": [
                    "name": text, "shape": shape, "datatype": datatype,
                    "data": [
                        "type": "array", "minItems": 1, "description": "The numbers, flat or nested.", "items": [:],
                    ],
                    "parameters": [
                        "type": "object", "properties": ["binary_data_size": ["type": "integer", "minimum": 0]],
                    ],
                ],
            ]
        ),
        (
            "InferenceRequest",
            [
                "type": "object", "description": "Inputs, and the outputs that are wanted.", "required": ["inputs"],
                "properties": [
                    "id": text,
                    "parameters": [
                        "type": "object",
                        "properties": [
                            "binary_data_output": ["type": "boolean"],
                            "cotangent": ["description": "The gradient at the output, for outputs called grad.x."],
                        ],
                    ],
                    "inputs": Schemas.list("A tensor for each input.", of: Schemas.reference("InferenceInput")),
                    "outputs": Schemas.list(
                        "All by default.",
                        of: [
                            "type": "object", "title": "InferenceWantedOutput", "required": ["name"],
                            "properties": [
                                "name": text,
                                "parameters": ["type": "object", "properties": ["binary_data": ["type": "boolean"]]],
                            ],
                        ]
                    ),
                ],
            ]
        ),
        ("InferenceError", ["type": "object", "required": ["error"], "properties": ["error": text]]),
    ]
}
