import Backprop

/// The bytes that answering a request takes at its peak, beyond the body: an upper bound, reckoned from shapes.
///
/// Floating-point numbers do not overflow, whatever shapes a client makes up.
package struct MemoryNeed: Sendable {
    /// The tensors of the request and of the computation.
    package let tensors: Double
    /// What is held at once of the answer: its text, or the parts of it that are there at a time.
    package let reply: Double
    /// The whole text of the answer.
    package let text: Double

    /// All of it.
    package var total: Double { tensors + reply }
    /// Whether the text is so large that tensors are better printed while it is sent.
    var isSentInPieces: Bool { text > 0x1p20 }
    /// The reply's text as a size to reserve at once; where tensors are printed later, what is between them grows.
    var replyCapacity: Int { isSentInPieces ? 1 << 13 : Int(text) }

    /// The need in a unit that is easy to read.
    package var description: String { MemoryNeed.text(total) }

    /// A number of bytes in the largest unit of which there is one.
    package static func text(_ bytes: Double) -> String {
        for (unit, size) in [("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10)] where bytes >= size {
            let tenths = (bytes / size * 10).rounded()
            return tenths < 1e15 ? "\(tenths / 10) \(unit)" : "more than 10^14 \(unit)"
        }
        return "\(Int(bytes)) bytes"
    }
}

/// The bytes that reading a body takes beside it, at most.
///
/// A number takes as few as two bytes of text, and eight in an array that grows by doubling with the one before it beside
/// it; a layer is an object, or a few, and takes more than its text.
package func readingNeed(of body: [UInt8], limits: RequestLimits) -> Int {
    guard body.count > 16 << 10 else { return 64 * body.count }
    let marks = NumberText.marks(in: body)
    let ofLayers = 768 * min(marks.braces, 8 * min(limits.layers, 1 << 32))
    return 64 * (16 << 10) + 3 * body.count + 24 * marks.commas + ofLayers
}

extension Submission {
    /// The bytes of the directions and claims that the request brings.
    var guestBytes: Double {
        network.givenBytes(on: S.self) * Double(directions.count)
            + (claims == nil ? 0 : network.givenBytes(on: Double.self))
    }

    /// The bytes of the request's values, for a computation on another type of number.
    var valueBytes: Double { network.givenBytes(on: S.self) }

    /// What a loss takes in numbers of type `T`: its target, the target and two other constants as such numbers, and what
    /// it keeps for its gradient; without a loss the weights of the output's entries.
    func lossBytes<T>(on number: T.Type) -> Double {
        let (double, own) = (MemoryLayout<Double>.stride, MemoryLayout<T>.stride)
        return Double(network.outputShape.count) * Double(loss == nil ? double + own : double + 4 * own)
    }

    /// A need whose reply has so many numbers and tells of so many layers.
    ///
    /// - Parameters:
    ///   - tensors: The bytes of the request's tensors and the computation's.
    ///   - numbers: How many numbers the reply has.
    ///   - kept: How many of them are kept until they are printed beside what `tensors` has at its peak; `nil` where all
    ///     are printed at once.
    ///   - layers: How many layers the reply tells of.
    ///   - textOfLayer: The bytes that it tells of each beside the numbers.
    /// - Returns: The need.
    func need(
        tensors: Double,
        numbers: Double,
        kept: Double?,
        layers: Int,
        textOfLayer: Double = 512
    ) -> MemoryNeed {
        let names = network.cost.nameBytes
        let digits =
            Double(JSONWriter.expectedSize(ofNumbers: 1 << 20, dtype: S.dtype, form: options.encoding)) / 0x1p20
        // Brackets come beside the digits, and a name's characters may each be escaped.
        let frame = Double(layers) * textOfLayer + 6 * Double(names) + 4096
        let text = numbers * (digits + (options.encoding == .base64 ? 0 : 4)) + frame
        let whole = MemoryNeed(tensors: tensors, reply: text, text: text)
        guard let kept, whole.isSentInPieces else { return whole }
        let keptBytes = kept * Double(MemoryLayout<S>.stride)
        // Two pieces, and what several cores print into.
        let pieces = 0x1p22
        guard text > pieces else { return MemoryNeed(tensors: tensors, reply: keptBytes + text, text: text) }
        let operands = network.steps.indices.reduce(0) { max($0, network.differentiableOperands(of: $1).count) }
        // What is between the large tensors, with the small ones, and as it grows.
        let between = 3 * (frame + Double(layers * (operands + 2)) * 832 + 0x1p18)
        return MemoryNeed(tensors: tensors, reply: keptBytes + min(text, between + pieces), text: text)
    }

    /// The need of a small network, run forward and backward so many times: a bound that takes no reckoning.
    ///
    /// To reckon what a small network takes exactly would take longer than to run it. A run holds each tensor at most
    /// four times over: as a value, as a contribution, as a cotangent and as a sum; the loss holds five of its own.
    func smallNeed(runs: Int) -> MemoryNeed? {
        let (cost, layers) = (network.cost, network.steps.count)
        let elements = cost.elements * Double(runs + 1)
        guard elements <= 4_096, layers <= 64, !options.graph else { return nil }
        return need(
            tensors: 10 * elements * Double(MemoryLayout<Double>.stride) + Double(layers) * 1_024 + 65_536,
            numbers: 3 * elements,
            kept: 0,
            layers: runs * layers + network.parameters.count + network.inputs.count
        )
    }

    /// The elements of the outputs of some layers.
    func outputElements(_ layers: LayerSelection) -> Double {
        layers.reduce(0) { $0 + Double(network.steps[$1].shape.count) }
    }

    /// The elements of the gradients with respect to what layers take, as far as asked for.
    func operandElements(_ layers: LayerSelection) -> Double {
        layers.reduce(0) { sum, index in operands(of: index).reduce(sum) { $0 + Double($1.shape.count) } }
    }

    /// The elements of the gradients with respect to the network's inputs and parameters.
    var variableElements: Double {
        network.differentiableVariables.reduce(0) { $0 + Double(network.shape(of: $1).count) }
    }
}

extension Rejection {
    /// The rejection of a request whose computation could never fit.
    init(_ need: MemoryNeed, limit: Int) {
        self.init(
            "the computation would take up to \(need.description) of memory; one request may take \(MemoryNeed.text(Double(limit)))",
            at: ["network"]
        )
    }
}
