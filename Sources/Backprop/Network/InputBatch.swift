/// The batch that a network is given: whether there is one, and whether its samples stay apart.
///
/// Where no layer mixes them the batch may be split, and the gradients of the parts added: with a loss of reduction
/// `sum` as they are, with `mean` by the parts' shares.
public struct InputBatch: Sendable, Equatable {
    /// The number of samples; `nil` where the inputs are one sample without a batch dimension.
    public let size: Int?
    /// The positions of the layers that mix samples.
    public let mixingLayers: [Int]

    /// No batch.
    static let none = InputBatch(size: nil, mixingLayers: [])
}

/// How the samples of a possible batch go through a network.
struct SampleWay: Sendable {
    /// How many samples.
    let length: Int
    /// The positions of the layers that mix them.
    let mixingLayers: [Int]
    /// The dimension of the network's output along which they lie, if they can be told apart there.
    let outputDimension: Int?
}

/// How the samples of a batch come out of a layer.
package enum SampleFlow: Sendable, Equatable {
    /// Apart: sample i is at index i of this dimension.
    case apart(Int)
    /// Mixed with each other; at index i of this dimension, if it can be told, is still what mostly comes from sample i.
    case mixed(Int?)
    /// The layer takes the dimension for a part of one sample, as in its form without a batch.
    case noBatch
}

extension Network {
    /// Finds out whether the inputs are a batch and which layers mix its samples.
    ///
    /// Shapes alone decide. The inputs' first dimension is taken to be a batch, of inputs of equal length together,
    /// and followed through the layers; a first dimension of a single real vector is not.
    ///
    /// - Parameter loss: The loss, if there is one; it may take the output for one sample.
    /// - Returns: The batch.
    package func batch(_ loss: (any Loss)? = nil) -> InputBatch {
        var best = InputBatch.none
        for way in knownWays ?? sampleWays() {
            if let dim = way.outputDimension, let loss, loss.classDimension(of: outputShape) == dim { continue }
            let batch = InputBatch(size: way.length, mixingLayers: way.mixingLayers)
            if way.mixingLayers.isEmpty { return batch }
            if best == .none { best = batch }
        }
        return best
    }

    /// The network with the ways of samples through it found out.
    func followingSamples() -> Network {
        Network(
            inputs: inputs,
            parameters: parameters,
            steps: steps,
            output: output,
            cost: cost,
            ways: sampleWays()
        )
    }

    private func sampleWays() -> [SampleWay] { batchCandidates().compactMap(way) }

    /// Inputs that may hold the samples of one batch along their first dimension.
    private struct Candidate: Equatable {
        let length: Int
        var inputs: [Int]
    }

    private func batchCandidates() -> [Candidate] {
        var certain: [Candidate] = []
        for (index, input) in inputs.enumerated() where input.shape.rank >= (input.isIndices ? 1 : 2) {
            if let position = certain.firstIndex(where: { $0.length == input.shape[0] }) {
                certain[position].inputs.append(index)
            } else {
                certain.append(Candidate(length: input.shape[0], inputs: [index]))
            }
        }
        // A vector beside them may have a number for each sample, or be one sample's own.
        return certain.flatMap { candidate in
            let all = inputs.indices.filter { inputs[$0].shape.dimensions.first == candidate.length }
            let wide = Candidate(length: candidate.length, inputs: all)
            return wide == candidate ? [candidate] : [wide, candidate]
        }
    }

    /// Follows the samples of a batch; `nil` where what was taken for one is none.
    private func way(of batch: Candidate) -> SampleWay? {
        /// For each layer the dimension of its output along which samples lie, if they can be told apart.
        var dims: [Int?] = []
        dims.reserveCapacity(steps.count)
        var mixing: [Int] = []
        for (index, step) in steps.enumerated() {
            let along = step.inputs.map { source in
                switch source {
                case .input(let input): batch.inputs.contains(input) ? 0 : nil
                case .layer(let layer): dims[layer]
                }
            }
            guard along.contains(where: { $0 != nil }) else {
                dims.append(nil)
                continue
            }
            switch flow(through: step, along) {
            case .apart(let dim): dims.append(dim)
            case .mixed(let dim):
                mixing.append(index)
                dims.append(dim)
            case .noBatch: return nil
            }
        }
        return SampleWay(length: batch.length, mixingLayers: mixing, outputDimension: dims[output])
    }

    /// How samples that lie along dimensions of a layer's inputs come out of it; `nil` for inputs without samples.
    package func flow(through step: Step, _ along: [Int?]) -> SampleFlow {
        let shapes = step.inputs.map(shape(of:))
        let kinds = zip(shapes, along).compactMap { shape, dim in
            dim.flatMap { step.layer.mixing(along: $0, of: shape) }
        }
        let after = dimension(after: step, shapes, along)
        if kinds.isEmpty, case .samples(let dim) = after { return .apart(dim) }
        let place: Int? = if case .samples(let dim) = after { dim } else { nil }
        if kinds.contains(.samples) || after == .summedAway { return .mixed(place) }
        return isSamplePossible(elsewhere: step, shapes, along) ? .mixed(place) : .noBatch
    }

    /// What has become of a dimension, as far as shapes show it.
    private enum DimensionAfter: Equatable {
        /// It is this dimension of the output.
        case samples(Int)
        /// The output has no such dimension.
        case summedAway
        /// It is joined to others, or a weight fixes its length.
        case bound
    }

    /// Follows a dimension through a layer by asking its shape rule once more, with twice as many samples.
    private func dimension(after step: Step, _ shapes: [Shape], _ along: [Int?]) -> DimensionAfter {
        if type(of: step.layer).keepsPositions, let dim = along[0] {
            // Samples stay one block of elements each if as many elements stand before and within the dimension.
            let before = shapes[0][0..<dim].count
            let kept = step.shape.dimensions.indices.first { index in
                step.shape[index] == shapes[0][dim] && step.shape[0..<index].count == before
            }
            return kept.map { .samples($0) } ?? .bound
        }
        let doubled = zip(shapes, along).map { shape, dim in
            dim.map { shape.replacing($0, with: 2 * shape[$0]) } ?? shape
        }
        var weights: [String: Shape] = [:]
        for (field, position) in zip(step.parameterFields, step.parameters) {
            if let position { weights[field] = parameters[position].shape }
        }
        var operands = OperandShapes(inputs: doubled, parameters: weights)
        guard let output = step.layer.shape(of: &operands), operands.faults.isEmpty else { return .bound }
        if output == step.shape { return .summedAway }
        guard output.rank == step.shape.rank else { return .bound }
        let changed = output.dimensions.indices.filter { output[$0] != step.shape[$0] }
        guard changed.count == 1,
            let dim = along.indices.lazy.compactMap({ index in along[index].map { shapes[index][$0] } }).first,
            step.shape[changed[0]] == dim, output[changed[0]] == 2 * dim
        else { return .bound }
        return .samples(changed[0])
    }

    /// Whether samples could lie along another dimension, so that the layer takes a batch at all.
    private func isSamplePossible(elsewhere step: Step, _ shapes: [Shape], _ along: [Int?]) -> Bool {
        let rank = zip(shapes, along).compactMap { $1 == nil ? nil : $0.rank }.min() ?? 0
        return (0..<rank).contains { other in
            let moved = along.map { $0 == nil ? nil : other }
            let isFree = zip(shapes, moved).allSatisfy { shape, dim in
                dim.map { step.layer.mixing(along: $0, of: shape) == nil } ?? true
            }
            guard isFree, moved != along, case .samples = dimension(after: step, shapes, moved) else { return false }
            return true
        }
    }
}
