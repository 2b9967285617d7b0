import Backprop
import Testing

/// Every layer at every of its examples: the catalogue drives these, so that a new layer is tested by being listed.
struct LayerPoint: Sendable, CustomTestStringConvertible {
    let type: any Layer.Type
    let index: Int
    let example: LayerExample

    var testDescription: String { "\(type.type), example \(index)" }

    static let all = Catalogue.layers.flatMap { type in
        type.examples.enumerated().map { LayerPoint(type: type, index: $0, example: $1) }
    }
}

@Suite struct LayerTests {
    /// The whole Jacobian of each example, row by row through the pullback, against central differences.
    @Test(arguments: LayerPoint.all)
    func `pullbacks agree with central differences`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let pass = try layer.run(keepsPullbacks: true)
        let rows = try pass.output.elements.indices.map { row in
            let gradients = try pass.backward(from: basis(pass.output.shape, row))
            return gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
        }
        let step = 1e-6
        for (position, variable) in layer.variables.enumerated() {
            for element in variable.value.elements.indices {
                let above = try layer.moved(position, element, by: step).output()
                let below = try layer.moved(position, element, by: -step).output()
                for row in rows.indices {
                    let numeric = (above[row] - below[row]) / (2 * step)
                    let analytic = rows[row][position].elements[element]
                    #expect(
                        agree(analytic, numeric, absolute: 1e-7, relative: 1e-6),
                        "∂y[\(row)]/∂\(variable.name)[\(element)]: \(analytic) and \(numeric)"
                    )
                }
            }
        }
    }

    /// Column by column through dual numbers, against the rows of the pullback.
    @Test(arguments: LayerPoint.all)
    func `forward mode agrees with reverse mode`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let pass = try layer.run(keepsPullbacks: true)
        let tangents = layer.variables.enumerated().map { Tensor<Double>.probe($1.value.shape, seed: $0) }
        let tangent = try layer.forward(tangents)
        #expect(tangent.map(\.value) == pass.output)
        for row in tangent.elements.indices {
            let gradients = try pass.backward(from: basis(pass.output.shape, row))
            let parts = gradients.inputs.compactMap { $0 } + (gradients.layers[0]?.parameters ?? []).compactMap { $0 }
            let product = zip(parts, tangents).reduce(0.0) { sum, pair in
                zip(pair.0.elements, pair.1.elements).reduce(sum) { $0 + $1.0 * $1.1 }
            }
            #expect(agree(tangent.elements[row].tangent, product, absolute: 1e-12, relative: 1e-10))
        }
    }

    @Test(arguments: LayerPoint.all)
    func `float32 agrees with float64`(at point: LayerPoint) throws {
        let layer = try OneLayer(point.type, point.example)
        let pass = try layer.run(keepsPullbacks: true)
        let single = try layer.network.forward(
            inputs: layer.inputs.map { $0.map { Float($0) } },
            parameters: layer.parameters.map { $0.map { Float($0) } },
            keeping: Keeping(outputs: false, pullbacks: true)
        )
        let cotangent = Tensor<Double>.probe(pass.output.shape, seed: 9)
        let double = try pass.backward(from: cotangent)
        let float = try single.backward(from: cotangent.map { Float($0) })
        let pairs = zip(
            double.inputs + (double.layers[0]?.parameters ?? []),
            float.inputs + (float.layers[0]?.parameters ?? [])
        )
        for (exact, rounded) in [(pass.output, single.output)]
            + pairs.compactMap({ pair in pair.0.flatMap { d in pair.1.map { (d, $0) } } })
        {
            let scale = exact.elements.reduce(0) { max($0, abs($1)) }
            for (a, b) in zip(exact.elements, rounded.elements) {
                #expect(agree(a, Double(b), absolute: 2e-5 * max(scale, 1), relative: 1e-5))
            }
        }
    }

    @Test(arguments: Catalogue.layers.map(Named.init))
    func `a layer states all that is asked of it`(_ layer: Named) throws {
        let type = layer.type
        #expect(!type.examples.isEmpty && !type.summary.isEmpty && !type.formula.isEmpty && !type.shapeRule.isEmpty)
        #expect(Set(type.fields.map(\.name)).count == type.fields.count)
        let stated = Set(type.gradients.map(\.variable))
        for field in type.fields where field.isParameter { #expect(stated.contains(field.name)) }
        if !type.takesIndices { #expect(stated.contains("inputs[0]")) }
        for field in type.fields { #expect(field.doc.hasSuffix(".")) }
    }

    /// Each field is given in one example at least, and takes more than one value.
    @Test(arguments: Catalogue.layers.map(Named.init))
    func `examples vary every field`(_ layer: Named) {
        for field in layer.type.fields {
            let given = layer.type.examples.filter {
                field.isParameter ? $0.parameters[field.name] != nil : $0.fields[field.name] != nil
            }
            #expect(!given.isEmpty, "\(field.name) stands in no example")
            if !field.isRequired || !field.isParameter {
                #expect(layer.type.examples.count > 1 || field.isRequired, "\(field.name) is never left out")
            }
        }
    }

    struct Named: Sendable, CustomTestStringConvertible {
        let type: any Layer.Type
        var testDescription: String { type.type }
    }
}

/// The tensor that is 1 at `position` and 0 elsewhere.
func basis(_ shape: Shape, _ position: Int) -> Tensor<Double> {
    Tensor(shape: shape, elements: (0..<shape.count).map { $0 == position ? 1 : 0 })
}

extension Tensor<Double> {
    /// Numbers without a pattern, the same for the same seed.
    static func probe(_ shape: Shape, seed: Int) -> Tensor {
        var generator = SplitMix(state: UInt64(seed) &* 977 &+ 5)
        return Tensor(
            shape: shape,
            elements: (0..<shape.count).map { _ in Double.random(in: -1...1, using: &generator) }
        )
    }
}

/// Sebastiano Vigna's SplitMix64: seeded, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
