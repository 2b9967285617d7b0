import Backprop
import Testing

/// What moves or combines entries by their places, against the plainest loops over places, at random shapes.
@Suite struct LayoutTests {
    private static let seeds = 0..<60

    @Test(arguments: seeds)
    func `permute and transpose`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let x = Tensor<Double>.probe(.random(rank: 1...5, &random), seed: seed)
        let order = Array(0..<x.shape.rank).shuffled(using: &random)
        let signed = order.map { Bool.random(using: &random) ? $0 : $0 - order.count }
        let y = try run("permute", [x], ["dims": .integers(signed)])
        for place in y.shape.places {
            var source = place
            for (position, dim) in order.enumerated() { source[dim] = place[position] }
            #expect(y[place] == x[source])
        }
        let pair = (order[0], order[order.count - 1])
        let z = try run("transpose", [x], ["dim0": .integers([pair.0]), "dim1": .integers([pair.1])])
        for place in z.shape.places {
            var source = place
            source.swapAt(pair.0, pair.1)
            #expect(z[place] == x[source])
        }
    }

    @Test(arguments: seeds)
    func `sum, mean and max`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let x = Tensor<Double>.probe(.random(rank: 1...5, &random), seed: seed)
        let dims = x.shape.dimensions.indices.filter { _ in Bool.random(using: &random) }
        let reduced = dims.isEmpty ? Array(x.shape.dimensions.indices) : dims
        var sums: [[Int]: Double] = [:]
        for place in x.shape.places {
            var target = place
            for dim in reduced { target[dim] = 0 }
            sums[target, default: 0] += x[place]
        }
        let fields: [String: FieldValue] = ["dim": .integers(dims), "keepdim": .flag(true)]
        let (sum, mean) = (try run("sum", [x], fields), try run("mean", [x], fields))
        let count = Double(x.count / sum.count)
        #expect(sum.count == sums.count)
        for place in sum.shape.places {
            #expect(agree(sum[place], sums[place] ?? .nan, absolute: 1e-13, relative: 0))
            #expect(agree(mean[place], (sums[place] ?? .nan) / count, absolute: 1e-13, relative: 0))
        }
        #expect(try run("sum", [x], ["dim": .integers(dims)]).elements == sum.elements)

        let dim = reduced[0]
        let largest = try run("max", [x], ["dim": .integers([dim]), "keepdim": .flag(true)])
        for place in largest.shape.places {
            let lane = (0..<x.shape[dim]).map { x[place.replacing(dim, $0)] }
            #expect(largest[place] == lane.max())
        }
    }

    @Test(arguments: seeds)
    func `arithmetic of two inputs broadcasts`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let shape = Shape.random(rank: 0...5, &random)
        let (a, b) = (shape.shrunk(&random), shape.shrunk(&random))
        let (x, y) = (Tensor<Double>.probe(a, seed: seed), Tensor<Double>.probe(b, seed: seed + 1))
        let operations: [(String, (Double, Double) -> Double)] = [("add", +), ("sub", -), ("mul", *), ("div", /)]
        for (type, operation) in operations {
            let z = try run(type, [x, y])
            for place in z.shape.places { #expect(z[place] == operation(x[stretched: place], y[stretched: place])) }
        }
    }

    @Test(arguments: seeds)
    func `matmul broadcasts matrices`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let batch = Shape.random(rank: 0...3, &random)
        let (n, k, m) = (Int.random(in: 1...20, using: &random), Int.random(in: 1...20, using: &random), 13)
        let x = Tensor<Double>.probe(batch.shrunk(&random) + [n, k], seed: seed)
        let y = Tensor<Double>.probe(batch.shrunk(&random) + [k, m], seed: seed + 1)
        let z = try run("matmul", [x, y])
        for place in z.shape.places {
            let (row, column) = (place[place.count - 2], place[place.count - 1])
            let sum = (0..<k).reduce(0.0) { sum, index in
                sum + x[stretched: place.dropLast(2) + [row, index]]
                    * y[stretched: place.dropLast(2) + [index, column]]
            }
            #expect(agree(z[place], sum, absolute: 1e-12, relative: 0))
        }
    }

    @Test(arguments: seeds)
    func `concat`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let shape = Shape.random(rank: 1...4, &random)
        let dim = Int.random(in: 0..<shape.rank, using: &random)
        let inputs = (0..<Int.random(in: 2...4, using: &random)).map {
            Tensor<Double>.probe(shape.replacing(dim, with: .random(in: 1...3, using: &random)), seed: $0)
        }
        let y = try run("concat", inputs, ["dim": .integers([dim])])
        for place in y.shape.places {
            var (input, index) = (0, place[dim])
            while index >= inputs[input].shape[dim] {
                index -= inputs[input].shape[dim]
                input += 1
            }
            #expect(y[place] == inputs[input][place.replacing(dim, index)])
        }
    }

    /// A sum of a million float32 numbers is right to nearly all digits.
    @Test func `long sums of float32`() throws {
        let network = try network("mean", [[1 << 20]], [:])
        let x = Tensor<Float>(shape: [1 << 20], repeating: 0.1)
        let keeping = Keeping(outputs: false, pullbacks: false)
        let mean = try network.forward(inputs: [x], parameters: [], keeping: keeping).output.elements[0]
        #expect(abs(mean - 0.1) < 2e-7)
    }

    private func run(
        _ type: String,
        _ inputs: [Tensor<Double>],
        _ fields: [String: FieldValue] = [:]
    ) throws -> Tensor<Double> {
        let network = try network(type, inputs.map(\.shape), fields)
        return try network.forward(
            inputs: inputs,
            parameters: [],
            keeping: Keeping(outputs: false, pullbacks: false)
        ).output
    }

    private func network(_ type: String, _ inputs: [Shape], _ fields: [String: FieldValue]) throws -> Network {
        let names = inputs.indices.map { "x\($0)" }
        let definition = NetworkDefinition(
            inputs: zip(names, inputs).map { .init($0, $1) },
            layers: [LayerDefinition(type, fields: fields, inputs: .named(names))]
        )
        let check = Network.check(definition)
        return try #require(check.network, "\(check.faults)")
    }
}

extension Shape {
    static func random(rank: ClosedRange<Int>, _ random: inout SplitMix) -> Shape {
        Shape((0..<Int.random(in: rank, using: &random)).map { _ in Int.random(in: 1...4, using: &random) })
    }

    /// A shape that stretches to this one.
    func shrunk(_ random: inout SplitMix) -> Shape {
        let kept = dimensions.map { Bool.random(using: &random) ? $0 : 1 }
        return Shape(Array(kept.dropFirst(kept[0...].prefix(while: { $0 == 1 }).count / 2)))
    }

    /// All places in row-major order.
    var places: [[Int]] {
        dimensions.reduce([[]]) { places, length in places.flatMap { place in (0..<length).map { place + [$0] } } }
    }
}

extension Tensor<Double> {
    subscript(place: [Int]) -> Double {
        elements[zip(place, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }]
    }

    /// The element at a place of a larger shape that this tensor is stretched to.
    subscript(stretched place: [Int]) -> Double {
        self[zip(place.suffix(shape.rank), shape.dimensions).map { Swift.min($0, $1 - 1) }]
    }
}
