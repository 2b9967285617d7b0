import Backprop
import Synchronization

/// A stored model in memory: its tensors, and the plans that were made of it.
package final class LoadedModel: Sendable {
    /// The entity tag of what was loaded.
    let etag: String
    /// How it looks from outside.
    let interface: ModelInterface
    private let document: [UInt8]
    private let tensors: [RecordedTensor]
    private let network: RequestDecoder<Double>.DecodedNetwork
    private let float32 = Mutex<RequestDecoder<Float>.DecodedNetwork?>(nil)
    private let plans = Mutex<[[PlanInput]: NetworkCheck]>([:])

    /// More plans than this are not kept; those of other shapes are made anew.
    private static let mostPlans = 16

    /// An input as a plan takes it.
    private struct PlanInput: Hashable {
        let name: JSONName
        let shape: Shape
    }

    /// Takes a stored model into memory.
    init(_ stored: StoredModel, limits: RequestLimits) throws(StoreError) {
        let decoded = try DecodedModel(stored, limits: limits)
        etag = stored.record.etag
        interface = decoded.interface
        document = stored.document
        tensors = decoded.tensors
        network = decoded.network
    }

    /// About how many bytes it takes, with what it may come to hold: its tensors in both types, and plans.
    var size: Int {
        let numbers = tensors.reduce(0) { $0 + $1.tensor.count }
        return 12 * numbers + 2 * document.count + LoadedModel.mostPlans * 512 * network.definition.layers.count
    }

    /// The bytes that ``json`` takes while it is made, about.
    var jsonSize: Double { tensors.reduce(2 * Double(document.count)) { $0 + 50 * Double($1.tensor.count) } }

    /// What was put, as JSON, and whether examples get a batch dimension.
    var json: [UInt8] {
        var text = ModelDocument.expand(document, tensors)
        text.removeLast()
        return text + Array(",\"batched\":\(interface.isBatched)}\n".utf8)
    }

    /// The network with its tensors in a type of number.
    func network<S: Scalar & TextScalar>(as type: S.Type) -> RequestDecoder<S>.DecodedNetwork {
        if let same = network as? RequestDecoder<S>.DecodedNetwork { return same }
        let narrow = float32.withLock { kept in
            let narrow = kept ?? RequestDecoder<Float>.DecodedNetwork(converting: network)
            kept = narrow
            return narrow
        }
        return narrow as? RequestDecoder<S>.DecodedNetwork ?? .init(converting: network)
    }

    /// The plan for inputs of some shapes, or what is wrong with them.
    func check(_ inputs: [NetworkDefinition.NamedShape], limits: NetworkLimits) -> NetworkCheck {
        let key = inputs.compactMap { input in
            input.shape.map { PlanInput(name: JSONName(input.name), shape: $0) }
        }
        if key.count == inputs.count, let known = plans.withLock({ $0[key] }) { return known }
        var definition = network.definition
        definition.inputs = inputs
        let check = Network.check(definition, limits: limits)
        if check.network != nil {
            plans.withLock { plans in
                if plans.count >= LoadedModel.mostPlans { plans.removeAll() }
                plans[key] = check
            }
        }
        return check
    }
}

extension RequestDecoder.DecodedNetwork {
    /// The same network with its tensors converted.
    fileprivate init(converting other: RequestDecoder<Double>.DecodedNetwork) {
        definition = other.definition
        shared = other.shared.map { $0?.map { S($0) } }
        own = other.own.map { $0.mapValues { $0.map { S($0) } } }
        constants = other.constants
        hasLayers = other.hasLayers
        hasFaultyOutput = other.hasFaultyOutput
    }
}
