import HTTPServer

/// A protocol that others wrote clients for, served under its own path and with its own form of errors.
enum Mount: CaseIterable {
    case umbridge, tesseract, inference

    /// The mount that a path lies under, if it does.
    init?(_ path: some Collection<UInt8>) {
        guard let mount = Mount.allCases.first(where: { Mount.isPath(path, under: $0.path) }) else { return nil }
        self = mount
    }

    /// The path that it begins at.
    var path: String {
        switch self {
        case .umbridge: "/umbridge"
        case .tesseract: "/tesseract"
        case .inference: "/v2"
        }
    }

    /// The media type of its errors.
    var mediaType: String { "application/json" }

    /// The name of its errors' schema.
    var schema: String {
        switch self {
        case .umbridge: "UMBridgeError"
        case .tesseract: "TesseractError"
        case .inference: "InferenceError"
        }
    }

    /// A rejection as its clients read it.
    func response(_ rejection: Rejection) -> Response {
        switch self {
        case .umbridge: UMBridge.response(rejection)
        case .tesseract: Tesseract.response(rejection)
        case .inference: OpenInference.response(rejection)
        }
    }

    private static func isPath(_ path: some Collection<UInt8>, under mount: String) -> Bool {
        guard path.starts(with: mount.utf8) else { return false }
        let next = path.dropFirst(mount.utf8.count).first
        return next == nil || next == UInt8(ascii: "/")
    }
}

extension Rejection {
    /// What is wrong in one line, with the first fault's place where there are several.
    var line: String {
        guard let first = errors.first, first.detail != detail else { return detail }
        return "\(detail): \(first.detail) at \(first.pointer)"
    }
}
