import ArgumentParser

/// Settings of `nabla serve` that come from the environment: `NABLA_MAX_BODY` stands for `--max-body`.
struct EnvironmentArguments {
    /// The options that the environment sets, `--max-body` for example, with their values.
    private let settings: [(option: String, variable: String, value: String)]

    init(_ environment: [String: String]) {
        settings = ServeOptions.names.compactMap { option in
            let variable = "NABLA_" + option.uppercased().replacing("-", with: "_")
            return environment[variable].map { ("--" + option, variable, $0) }
        }
    }

    /// The arguments with the environment's settings added where the command line does not have them.
    func completing(_ arguments: [String]) -> [String] {
        guard arguments.first == Serve.name else { return arguments }
        let added = settings.filter { setting in
            !arguments.contains { $0 == setting.option || $0.hasPrefix(setting.option + "=") }
        }
        return arguments + added.flatMap { [$0.option + "=" + $0.value] }
    }

    /// A message about options, with the variable's name beside each option that comes from the environment.
    func naming(_ message: String) -> String {
        settings.reduce(message) { text, setting in
            // A connection URI may have a password in it.
            let value = setting.option == "--models" ? "" : "=\(setting.value)"
            return text.contains(setting.option) ? "\(setting.variable)\(value): " + text : text
        }
    }
}
