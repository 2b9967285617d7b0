import Backprop
import HTTPServer

extension Endpoint {
    /// The endpoints of UM-Bridge.
    static let umbridge: [Endpoint] = [
        Endpoint(
            method: .get,
            path: "/umbridge/Info",
            operationID: "umbridgeInfo",
            tag: .interchange,
            summary: "UM-Bridge: the version of the protocol, and the models.",
            success: .init(description: "The models.", schema: UMBridgeSchemas.info),
            access: .rights([.read, .compute]),
            respond: { service, request, _ in
                service.work(for: request) { () throws(Rejection) in
                    let names = try service.models.records().map(\.name)
                    let all = names.flatMap { [$0, $0 + UMBridge.parametersSuffix] }
                    return UMBridge.response(
                        ["protocolVersion": 1.0, "models": .array(all.map { .string($0) })]
                    )
                }
            }
        ),
        umbridge("ModelInfo", "what a model supports", UMBridgeSchemas.modelInfo) { model, _, _ in
            let derivatives = JSONTree.bool(model.hasDerivatives)
            return UMBridge.response(
                [
                    "support": [
                        "Evaluate": true, "Gradient": derivatives, "ApplyJacobian": derivatives,
                        "ApplyHessian": derivatives,
                    ]
                ]
            )
        },
        umbridge("InputSizes", "the lengths of a model's inputs", UMBridgeSchemas.sizes("inputSizes")) { model, _, _ in
            UMBridge.response(["inputSizes": .array(model.inputs.map { .integer($0.shape.count) })])
        },
        umbridge("OutputSizes", "the lengths of its outputs", UMBridgeSchemas.sizes("outputSizes")) { model, _, _ in
            UMBridge.response(["outputSizes": [.integer(model.outputSize)]])
        },
        umbridge("Evaluate", "the model's outputs", UMBridgeSchemas.vectors) { model, request, context in
            let output = try context.point(model, request).output()
            return try vectors(output, isList: true)
        },
        umbridge("Gradient", "(∂F/∂x)ᵀ sens", UMBridgeSchemas.vector) { model, request, context in
            try model.checkDerivatives()
            let point = try context.point(model, request)
            try model.checkOutput(request.indices["outWrt"])
            let variable = try model.input(request.indices["inWrt"], "inWrt")
            let sens = try model.vector(request.sens, "sens", point.outputShape)
            let found = try point.pullback(to: [variable], from: sens)
            return try vectors(found.gradients[0], isList: false)
        },
        umbridge("ApplyJacobian", "(∂F/∂x) vec", UMBridgeSchemas.vector) { model, request, context in
            try model.checkDerivatives()
            let point = try context.point(model, request)
            try model.checkOutput(request.indices["outWrt"])
            let variable = try model.input(request.indices["inWrt"], "inWrt")
            let direction = try model.vector(request.vec, "vec", variable.shape)
            return try vectors(point.pushforward([(variable, direction)]), isList: false)
        },
        umbridge("ApplyHessian", "∂/∂x₂ [(∂F/∂x₁)ᵀ sens] vec", UMBridgeSchemas.vector) { model, request, context in
            try model.checkDerivatives()
            let point = try context.point(model, request)
            try model.checkOutput(request.indices["outWrt"])
            let first = try model.input(request.indices["inWrt1"], "inWrt1")
            let second = try model.input(request.indices["inWrt2"], "inWrt2")
            let sens = try model.vector(request.sens, "sens", point.outputShape)
            let direction = try model.vector(request.vec, "vec", second.shape)
            let product = try point.curvature(of: first, along: (second, direction), weights: sens)
            return try vectors(product, isList: false)
        },
    ]

    /// What an endpoint computes with.
    private struct Context: Sendable {
        let limits: RequestLimits
        let work: PooledWork

        func point(_ model: UMBridgeModel, _ request: UMBridgeRequest) throws -> ModelPoint {
            try model.point(request.input, limits, work)
        }
    }

    private static func umbridge(
        _ name: String,
        _ summary: String,
        _ schema: JSONTree,
        _ answer: @escaping @Sendable (UMBridgeModel, UMBridgeRequest, Context) throws -> Response
    ) -> Endpoint {
        Endpoint(
            method: .post,
            path: "/umbridge/\(name)",
            operationID: "umbridge\(name)",
            tag: .interchange,
            summary: "UM-Bridge: \(summary).",
            // Its clients send any content type or none.
            body: .init(
                mediaTypes: [],
                schema: "UMBridgeRequest",
                examples: [(name: "lecture", value: UMBridgeSchemas.example)]
            ),
            success: .init(description: "What was asked for.", schema: schema),
            access: ["ModelInfo", "InputSizes", "OutputSizes"].contains(name)
                ? .rights([.read, .compute]) : .rights(.compute),
            respond: { service, request, _ in
                service.work(for: request, as: "umbridge/\(name)") { (work: PooledWork) throws(Rejection) in
                    do {
                        let asked = try UMBridgeRequest(request.body, limits: service.limits)
                        let model = try UMBridgeModel(named: asked.name, in: service.models)
                        return try answer(model, asked, Context(limits: service.limits, work: work))
                    } catch let failure as UMBridge.Failure {
                        return UMBridge.response(failure)
                    } catch let rejection as Rejection {
                        throw rejection
                    } catch {
                        preconditionFailure("an answer fails in no other way")
                    }
                }
            }
        )
    }

    /// A result as a flat vector, or a list of one; numbers that are not finite are the model's fault.
    private static func vectors(_ tensor: Tensor<Double>, isList: Bool) throws -> Response {
        guard tensor.isFinite else {
            var failure = UMBridge.Failure(.invalidOutput, "the result has numbers that are not finite")
            failure.status = 500
            throw failure
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("output")
        if isList { writer.beginArray() }
        writer.tensor(tensor.reshaped(to: [tensor.count]), as: .nested)
        if isList { writer.endArray() }
        writer.endObject()
        writer.endLine()
        return Response(200, "application/json", writer.take())
    }
}

/// The schemas of UM-Bridge.
enum UMBridgeSchemas {
    /// A request that runs where the model of the lecture is stored.
    static let example: JSONTree = [
        "name": "lecture", "outWrt": 0, "inWrt": 0, "inWrt1": 0, "inWrt2": 0, "input": [[1, -2, 3]], "sens": [1],
        "vec": [1, 0, 0], "config": [:],
    ]

    private static let numbers = Schemas.list("A vector.", of: Schemas.number)
    private static let index: JSONTree = ["type": "integer"]

    private static func closed(_ members: (String, JSONTree)...) -> JSONTree {
        Schemas.object("", required: members.map(\.0), members)
    }

    static let info = closed(
        ("protocolVersion", ["type": "number"]),
        ("models", Schemas.list("Their names.", of: ["type": "string"]))
    )
    static let modelInfo = closed(
        (
            "support",
            closed(
                ("Evaluate", ["type": "boolean"]),
                ("Gradient", ["type": "boolean"]),
                ("ApplyJacobian", ["type": "boolean"]),
                ("ApplyHessian", ["type": "boolean"])
            )
        )
    )
    static let vector = closed(("output", Schemas.list("A vector.", of: ["type": "number"])))
    static let vectors = closed(
        ("output", Schemas.list("Vectors.", of: Schemas.list("A vector.", of: ["type": "number"])))
    )

    static func sizes(_ name: String) -> JSONTree {
        closed((name, Schemas.list("Lengths.", of: ["type": "integer", "minimum": 1])))
    }

    /// The named schemas.
    static let all: [(String, JSONTree)] = [
        (
            "UMBridgeRequest",
            [
                "type": "object",
                "description": "A model and what an endpoint needs; members that it has no use for may be there.",
                "required": ["name"],
                "properties": [
                    "name": ["type": "string", "description": "NAME, or NAME:parameters with parameters as inputs."],
                    "config": ["type": "object"],
                    "input": Schemas.list("A flat vector for each input.", of: vectorOrNumber),
                    "outWrt": index, "inWrt": index, "inWrt1": index, "inWrt2": index,
                    "sens": vectorOrNumber, "vec": vectorOrNumber,
                ],
            ]
        ),
        (
            "UMBridgeError",
            closed(
                (
                    "error",
                    closed(
                        (
                            "type",
                            ["type": "string", "enum": .array(UMBridge.Kind.allCases.map { .string($0.rawValue) })]
                        ),
                        ("message", ["type": "string"])
                    )
                )
            )
        ),
    ]

    private static let vectorOrNumber: JSONTree = [
        "anyOf": [
            ["type": "array", "minItems": 1, "items": Schemas.number], Schemas.number,
        ]
    ]
}
