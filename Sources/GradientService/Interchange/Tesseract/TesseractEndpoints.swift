import Backprop
import HTTPServer

extension Endpoint {
    /// The endpoints of Tesseract.
    static let tesseract: [Endpoint] = [
        Endpoint(
            method: .get,
            path: "/tesseract/{name}/health",
            operationID: "tesseractHealth",
            tag: .interchange,
            summary: "Tesseract: whether the model is there.",
            parameters: [ModelSchemas.name],
            success: .init(description: "It is.", schema: TesseractSchemas.health),
            problems: [404],
            access: .rights([.read, .compute]),
            respond: { service, request, parameters in
                service.work(for: request) { () throws(Rejection) in
                    _ = try service.models.model(named: parameters["name"] ?? "")
                    return Tesseract.response(["status": "ok"])
                }
            }
        ),
        Endpoint(
            method: .get,
            path: "/tesseract/{name}/openapi.json",
            operationID: "tesseractContract",
            tag: .interchange,
            summary: "Tesseract: the model's inputs and outputs.",
            parameters: [ModelSchemas.name],
            success: .init(description: "The document that its clients read.", schema: ["type": "object"]),
            problems: [404],
            access: .rights([.read, .compute]),
            respond: { service, request, parameters in
                service.work(for: request) { () throws(Rejection) in
                    let name = parameters["name"] ?? ""
                    let model = try service.models.model(named: name)
                    return Tesseract.response(TesseractSchemas.document(name, model.interface))
                }
            }
        ),
        tesseract("apply", "the output", .init()) { point, _, interface in
            let output = try point.output()
            return [(interface.outputName, .array(output.reshaped(to: interface.outputShape)))]
        },
        tesseract("jacobian", "explicit Jacobians", .init(lists: ("jac_inputs", "jac_outputs"))) {
            point,
            request,
            interface in
            let jacobians = try point.jacobians(of: request.variables)
            return [(interface.outputName, .arrays(Array(zip(request.variables.map(\.name), jacobians))))]
        },
        tesseract(
            "jacobian_vector_product",
            "forward mode",
            .init(lists: ("jvp_inputs", "jvp_outputs"), vectors: ("tangent_vector", false))
        ) { point, request, interface in
            let tangent = try point.pushforward(Array(zip(request.variables, request.vectors)))
            return [(interface.outputName, .array(tangent.reshaped(to: interface.outputShape)))]
        },
        tesseract(
            "vector_jacobian_product",
            "gradients",
            .init(lists: ("vjp_inputs", "vjp_outputs"), vectors: ("cotangent_vector", true))
        ) { point, request, _ in
            let found = try point.pullback(to: request.variables, from: request.vectors[0])
            return zip(request.variables, found.gradients).map { variable, gradient in
                (variable.name, .array(gradient.reshaped(to: variable.shape)))
            }
        },
        tesseract("abstract_eval", "the output's shape", .init(isAbstract: true)) { _, _, interface in
            [(interface.outputName, .shape(interface.outputShape))]
        },
    ]

    private typealias TesseractAnswer =
        @Sendable (ModelPoint, TesseractRequest, ModelInterface) throws -> [(String, Tesseract.Value)]

    private static func tesseract(
        _ name: String,
        _ summary: String,
        _ form: TesseractRequest.Form,
        _ answer: @escaping TesseractAnswer
    ) -> Endpoint {
        Endpoint(
            method: .post,
            path: "/tesseract/{name}/\(name)",
            operationID: "tesseract_\(name)",
            tag: .interchange,
            summary: "Tesseract: \(summary).",
            parameters: [ModelSchemas.name],
            body: .init(
                mediaTypes: [],
                schema: TesseractSchemas.name(of: name),
                examples: [(name: "lecture", value: TesseractSchemas.example(form))]
            ),
            success: .init(description: "Arrays by name.", schema: TesseractSchemas.answer(name)),
            problems: [404, 422],
            access: .rights(.compute),
            respond: { service, request, parameters in
                service.work(for: request, as: "tesseract/\(name)") { (work: PooledWork) throws(Rejection) in
                    guard let encoding = Tesseract.Encoding(request.head) else {
                        return Tesseract.response(
                            ["detail": ["message": "answers are application/json or application/json+base64"]],
                            status: 406
                        )
                    }
                    let model = try service.models.model(named: parameters["name"] ?? "")
                    do {
                        let asked = try TesseractRequest(request.body, form, model.interface, service.limits)
                        let point = try ModelPoint(model, asked.inputs, service.limits, work, form)
                        return Tesseract.response(try answer(point, asked, model.interface), encoding)
                    } catch let fault as Tesseract.Fault {
                        return Tesseract.response([fault])
                    } catch let error as JSONSyntaxError {
                        return Tesseract.response([Tesseract.Fault(error, in: request.body)])
                    } catch let rejection as Rejection {
                        throw rejection
                    } catch {
                        preconditionFailure("an answer fails in no other way")
                    }
                }
            }
        )
    }
}

extension ModelPoint {
    /// The model where its inputs, and some of its parameters, are these arrays.
    fileprivate init(
        _ model: LoadedModel,
        _ given: [JSONName: Tensor<Double>],
        _ limits: RequestLimits,
        _ work: PooledWork,
        _ form: TesseractRequest.Form
    ) throws(Rejection) {
        var overrides: [Int: Tensor<Double>] = [:]
        for (index, parameter) in model.interface.parameters.enumerated() {
            overrides[index] = given[JSONName(parameter.name)]
        }
        try self.init(
            model,
            inputs: model.interface.inputs.compactMap { given[JSONName($0.name)].map(model.interface.batched) },
            overrides: overrides,
            limits: limits,
            work: work
        )
    }
}

extension Tesseract.Fault {
    /// A body that is not JSON; numbers that JSON does not have are told apart, since clients write them on purpose.
    fileprivate init(_ error: JSONSyntaxError, in body: [UInt8]) {
        self.init("json_invalid", ["body", .integer(error.offset)], error.description)
        let rest = error.offset < body.count ? body[error.offset...] : []
        if ["NaN", "Infinity", "-Infinity"].contains(where: { rest.starts(with: $0.utf8) }) { status = 400 }
        // "-I…" is found to be wrong behind the sign.
        if rest.first == UInt8(ascii: "I") { status = 400 }
    }
}
