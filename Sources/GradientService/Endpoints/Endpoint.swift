package import HTTPServer

/// One endpoint of the API, kept whole in one file: routing, the contract and the reference are made from it.
package struct Endpoint: Sendable {
    /// The method.
    package let method: Method
    /// The path, parameters in braces.
    package let path: String
    /// The name that client generators give it.
    package let operationID: String
    /// The group it stands in.
    package let tag: Tag
    /// One sentence that says what it does.
    package let summary: String
    /// What a user needs to know of it.
    package var description = ""
    /// The parameters in path and query, as the contract has them.
    package var parameters: [JSONTree] = []
    /// The body that it takes.
    package var body: Body?
    /// What it answers when all is well.
    package let success: Success
    /// The other forms that the answer can be had in.
    package var otherForms: [AnswerForm] = []
    /// The statuses of its problems, beside those that every endpoint has.
    package var problems: [Int] = []
    /// Answers a request.
    package let respond: @Sendable (Service, Request, PathParameters) -> Reply

    /// The groups of endpoints.
    package enum Tag: String, Sendable, CaseIterable {
        case derivatives, catalogue, operations, pages

        /// What the group is for.
        var description: String {
            switch self {
            case .derivatives: "Values and derivatives of a posted network."
            case .catalogue: "What there is: examples, versions and this contract."
            case .operations: "For those who run the service."
            case .pages: "For reading and trying in a browser."
            }
        }
    }

    /// A JSON body.
    package struct Body: Sendable {
        /// The name of its schema.
        package let schema: String
        /// Requests that run as they are.
        package let examples: [(name: String, value: JSONTree)]
    }

    /// A good answer.
    package struct Success: Sendable {
        /// What it holds.
        package let description: String
        /// Its media type.
        package var mediaType = "application/json"
        /// Its schema, or `nil` for a form that schemas don't describe.
        package let schema: JSONTree?
    }

    /// The statuses that every endpoint's request can be answered with.
    static let commonProblems = [400, 405, 406, 408, 413, 414, 417, 431, 500, 501, 503, 505]
}

/// Every endpoint there is: a new one is a new file and a line here.
package let endpoints: [Endpoint] =
    operations.map { $0.endpoint } + [
        .layers, .losses,
        .examples, .example,
        .version,
        .healthz, .livez, .readyz,
        .openAPIYAML, .openAPIJSON,
        .playground, .reference,
    ]

extension Operation {
    /// The operation as an endpoint.
    static var endpoint: Endpoint {
        Endpoint(
            method: .post,
            path: "/v1/\(name)",
            operationID: operationID,
            tag: .derivatives,
            summary: summary,
            description: description,
            parameters: [Parameters.pretty],
            body: .init(schema: "Request", examples: exampleRequests),
            success: .init(description: summary, schema: responseSchema),
            otherForms: forms.filter { $0 != .json },
            problems: [415, 422],
            respond: { service, request, _ in service.reply(to: request, with: Self.self) }
        )
    }
}

/// Parameters that several endpoints share.
enum Parameters {
    /// `?pretty=1`.
    static let pretty: JSONTree = [
        "name": "pretty", "in": "query", "required": false,
        "description": "1 or true indents the answer.",
        "schema": ["type": "string", "enum": .array(Pretty.allCases.map { .string($0.rawValue) }), "default": "0"],
    ]

    /// What `pretty` may say.
    enum Pretty: String, CaseIterable {
        case no = "0"
        case yes = "1"
        case saysFalse = "false"
        case saysTrue = "true"

        /// Whether the answer is indented.
        var indents: Bool { self == .yes || self == .saysTrue }
    }
}
