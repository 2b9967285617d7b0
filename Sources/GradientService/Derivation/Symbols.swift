import Backprop

/// The symbols that a derivation writes for a network's tensors.
///
/// A layer's output and a network's input are written by their names where those are a letter, with digits or without
/// (`z`, `f1`); else outputs are y⁽ˡ⁾, l counting layers from 1, and an input is x, or its name if there are several.
/// Parameters are W⁽ˡ⁾ and b⁽ˡ⁾.
struct Symbols {
    /// Each network input's.
    let inputs: [Formula]
    /// Each layer's output's.
    let outputs: [Formula]
    /// The scalar that is differentiated.
    let objective = Formula.symbol("C")

    private let network: Network

    /// Finds the symbols.
    ///
    /// - Parameters:
    ///   - network: The network.
    ///   - isOutputObjective: Whether the scalar C is the network's output itself.
    init(_ network: Network, isOutputObjective: Bool) {
        self.network = network
        // These mean something else in every derivation.
        var taken: Set<String> = ["J", "v", "i", "j", "k", "n"]
        if !isOutputObjective { taken.insert("C") }
        func letter(_ name: String) -> Formula? {
            guard let symbol = Symbols.symbol(of: name), taken.insert(symbol.latex).inserted else { return nil }
            return symbol
        }
        let named = network.steps.map { letter($0.name) }
        outputs = named.enumerated().map { $1 ?? Symbols.tagged("y", $0) }
        inputs = network.inputs.enumerated().map { index, input in
            if let symbol = letter(input.name) { return symbol }
            if network.inputs.count == 1, taken.insert("x").inserted { return .symbol("x") }
            if let word = Symbols.word(input.name), taken.insert(word.latex).inserted { return word }
            return .scripts(.symbol("x"), sub: .number("\(index)"), sup: .number("(0)"))
        }
    }

    /// The symbol of what a layer takes.
    func source(_ source: Network.Source) -> Formula {
        switch source {
        case .input(let index): inputs[index]
        case .layer(let index): outputs[index]
        }
    }

    /// The symbol of an operand of layer `index`.
    func operand(_ operand: Network.Operand, of index: Int) -> Formula {
        let step = network.steps[index]
        return operand.isInput
            ? source(step.inputs[operand.position]) : parameter(operand.name, of: index)
    }

    /// The symbol of a parameter of layer `index`: `W^{(2)}`, `b^{(2)}`, `W_{ih}^{(2)}`.
    func parameter(_ field: String, of index: Int) -> Formula {
        let letters = type(of: network.steps[index].layer).letters
        let tag = Formula.number("(\(index + 1))")
        if field == "weight" || field == "bias" {
            let usesSmallLetter = letters["w"] != nil && Symbols.saysSmallWeight(network.formulas(of: index))
            return .scripts(.symbol(field == "bias" ? "b" : usesSmallLetter ? "w" : "W"), sub: nil, sup: tag)
        }
        let words = field.split(separator: "_").map(String.init)
        let letter = words.contains("weight") ? "W" : words.contains("bias") ? "b" : "\\theta"
        let rest = words.filter { $0 != "weight" && $0 != "bias" && $0 != "proj" }.joined(separator: ",")
        return .scripts(.symbol(letter), sub: .style("mathrm", .text(rest)), sup: tag)
    }

    private static func saysSmallWeight(_ formulas: LayerFormulas) -> Bool {
        formulas.gradient("weight")?.matrix.contains("\\partial w") ?? false
    }

    private static func tagged(_ letter: String, _ index: Int) -> Formula {
        .scripts(.symbol(letter), sub: nil, sup: .number("(\(index + 1))"))
    }

    /// A short name of letters alone, set upright.
    private static func word(_ name: String) -> Formula? {
        let isWord = name.utf8.count <= 12 && name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) }
        return isWord ? .style("mathrm", .text(name)) : nil
    }

    /// The symbol that a name is: one letter, and digits as its index.
    private static func symbol(of name: String) -> Formula? {
        guard let first = name.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic else { return nil }
        let digits = name.dropFirst()
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.utf8.count <= 4 else { return nil }
        let letter = Formula.symbol(String(first))
        return digits.isEmpty ? letter : .scripts(letter, sub: .number(String(digits)), sup: nil)
    }
}

extension Formula {
    /// ∂a/∂b as a fraction.
    static func derivative(_ top: Formula, _ bottom: Formula) -> Formula {
        .fraction(.row([.symbol("\\partial"), top]), .row([.symbol("\\partial"), bottom]), isSmall: false)
    }

    /// ∂a/∂b on one line: `\partial C/\partial W^{(2)}`.
    static func inlineDerivative(_ top: Formula, _ bottom: Formula) -> Formula {
        .row([.symbol("\\partial"), top, .symbol("/"), .symbol("\\partial"), bottom])
    }
}

/// Rewrites a layer's formula with the symbols of the network it stands in.
struct FormulaRewriter {
    /// What each letter becomes.
    let symbols: [String: Formula]
    /// The letter for ∂C/∂output, and the output's symbol.
    let gradientLetters: Set<String>
    let objective: Formula
    let output: Formula

    /// The formula with every letter replaced, and ∂C/∂x on one line made a fraction.
    func rewrite(_ formula: Formula) -> Formula {
        switch formula {
        case .symbol(let name): return plain(name) ?? formula
        case .scripts(.symbol(let name), let sub, let sup): return scripted(name, sub.map(rewrite), sup.map(rewrite))
        case .scripts(let base, let sub, let sup):
            return .scripts(rewrite(base), sub: sub.map(rewrite), sup: sup.map(rewrite))
        case .row(let parts): return .row(row(parts))
        case .fraction(let top, let bottom, let isSmall):
            return .fraction(rewrite(top), rewrite(bottom), isSmall: isSmall)
        case .root(let inner): return .root(rewrite(inner))
        case .fenced(let open, let inner, let close): return .fenced(open, rewrite(inner), close)
        case .cases(let rows): return .cases(rows.map { $0.map(rewrite) })
        // x̂ is a tensor of its own, not x.
        case .accent, .style, .number, .function, .text, .space, .matrix: return formula
        }
    }

    private func row(_ parts: [Formula]) -> [Formula] {
        var result: [Formula] = []
        var index = 0
        while index < parts.count {
            if index + 4 < parts.count, parts[index] == .symbol("\\partial"), parts[index + 1] == .symbol("C"),
                parts[index + 2] == .symbol("/"), parts[index + 3] == .symbol("\\partial")
            {
                result.append(.derivative(objective, rewrite(parts[index + 4])))
                index += 5
            } else {
                result.append(rewrite(parts[index]))
                index += 1
            }
        }
        return result
    }

    private func plain(_ name: String) -> Formula? {
        if gradientLetters.contains(name) { return .derivative(objective, output) }
        return symbols[name]
    }

    private func scripted(_ name: String, _ sub: Formula?, _ sup: Formula?) -> Formula {
        if gradientLetters.contains(name) {
            let entry = Formula.derivative(objective, FormulaRewriter.adding(sub, nil, to: output))
            guard let sup else { return entry }
            return .scripts(.fenced("(", entry, ")"), sub: nil, sup: sup)
        }
        guard let symbol = symbols[name] else { return .scripts(.symbol(name), sub: sub, sup: sup) }
        return FormulaRewriter.adding(sub, sup, to: symbol)
    }

    /// A symbol with further scripts: `W^{(2)}` with ⊤ is `W^{(2)\top}`, and an index joins the index that is there.
    private static func adding(_ sub: Formula?, _ sup: Formula?, to symbol: Formula) -> Formula {
        guard case .scripts(let base, let ownSub, let ownSup) = symbol else {
            return sub == nil && sup == nil ? symbol : .scripts(symbol, sub: sub, sup: sup)
        }
        let newSub = [ownSub, sub].compactMap { $0 }
        let joinedSub: Formula? =
            newSub.count == 2 ? .row([newSub[0], .symbol(","), newSub[1]]) : newSub.first
        guard let sup else { return .scripts(base, sub: joinedSub, sup: ownSup) }
        guard let ownSup else { return .scripts(base, sub: joinedSub, sup: sup) }
        if sup == .symbol("\\top") { return .scripts(base, sub: joinedSub, sup: .row([ownSup, sup])) }
        return .scripts(.fenced("(", .scripts(base, sub: joinedSub, sup: ownSup), ")"), sub: nil, sup: sup)
    }
}
