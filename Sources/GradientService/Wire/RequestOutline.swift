package import Backprop
import Glibc

/// What is left of a request without the numbers of its tensors: of another one with the same text around them, only these
/// need to be read.
///
/// A client in a loop sends one network over and over with other numbers. For a small network, finding out what the text
/// around them says takes ten times as long as reading them. What the numbers themselves decide (indices, targets) is
/// checked each time.
package struct RequestOutline: Sendable {
    /// A place for the numbers of a tensor; by reference, since all of it would be copied each time it is looked at.
    private final class Slot: Sendable {
        let shape: KnownShape
        let purpose: Purpose
        /// Where the text before it ends, in ``frames``.
        let frameEnd: Int

        init(_ shape: KnownShape, _ purpose: Purpose, frameEnd: Int) {
            (self.shape, self.purpose, self.frameEnd) = (shape, purpose, frameEnd)
        }
    }

    /// What a tensor is to the request.
    enum Purpose: Sendable, Hashable {
        /// The network's input of this position.
        case input(Int)
        /// The parameter of this position in the plan.
        case parameter(Int)
        /// The constant of the loss.
        case loss(String)
        case outputGradient
    }

    /// A loss without the constants that come with each request.
    struct LossFields: Sendable {
        let type: any Loss.Type
        let values: FieldValues
    }

    /// The text before each slot and after the last, one after the other.
    private let frames: [UInt8]
    /// The slots in the order of the text.
    private let slots: [Slot]
    private let loss: LossFields?

    /// Makes the outline of a request that has been read.
    ///
    /// - Parameters:
    ///   - body: Its text.
    ///   - tensors: Where the tensors stand, in order, and what they are.
    ///   - loss: The loss, if there is one.
    init?(of body: [UInt8], tensors: [(range: Range<Int>, shape: Shape, purpose: Purpose)], loss: LossFields?) {
        var frames: [UInt8] = []
        var slots: [Slot] = []
        var end = 0
        for tensor in tensors {
            guard let shape = KnownShape(tensor.shape) else { return nil }
            frames += body[end..<tensor.range.lowerBound]
            slots.append(Slot(shape, tensor.purpose, frameEnd: frames.count))
            end = tensor.range.upperBound
        }
        frames += body[end...]
        (self.frames, self.slots, self.loss) = (frames, slots, loss)
    }

    /// The request that a text makes, if it has this outline; `nil` as well where one of its numbers has a fault.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - request: A request of this outline.
    /// - Returns: The request.
    @specialized(where S == Double)
    @specialized(where S == Float)
    package func request<S: Scalar & TextScalar>(of body: [UInt8], like request: Submission<S>) -> Submission<S>? {
        var request = request
        var fields = loss?.values
        var (position, frame) = (0, 0)
        for slot in slots {
            guard passFrame(frame..<slot.frameEnd, in: body, at: &position) else { return nil }
            frame = slot.frameEnd
            if case .loss(let field) = slot.purpose {
                guard let constant = slot.shape.tensor(of: Double.self, in: body, at: &position) else { return nil }
                fields?.set(field, .constant(constant))
                continue
            }
            guard let tensor = slot.shape.tensor(of: S.self, in: body, at: &position) else { return nil }
            request.set(tensor, as: slot.purpose)
        }
        guard passFrame(frame..<frames.count, in: body, at: &position), position == body.count else { return nil }
        if let loss, let fields {
            let loss = loss.type.init(fields)
            var faults: [OperandShapes.Fault] = []
            loss.check(output: request.network.outputShape, faults: &faults)
            guard faults.isEmpty else { return nil }
            request.loss = loss
        }
        return request.network.indexFaults(of: request.inputs).isEmpty ? request : nil
    }

    /// Passes over a part of the frames; `false` where the text is another.
    private func passFrame(_ range: Range<Int>, in body: [UInt8], at position: inout Int) -> Bool {
        let end = position + range.count
        guard end <= body.count, frames.span.extracting(range).hasBytes(of: body.span.extracting(position..<end)) else {
            return false
        }
        position = end
        return true
    }
}

extension Span<UInt8> {
    /// Whether another text of the same length has the same bytes.
    fileprivate func hasBytes(of other: Span<UInt8>) -> Bool {
        unsafe withUnsafeBytes { one in
            unsafe other.withUnsafeBytes { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return true }
                return unsafe memcmp(first, second, one.count) == 0
            }
        }
    }
}

extension Submission {
    fileprivate mutating func set(_ tensor: Tensor<S>, as purpose: RequestOutline.Purpose) {
        switch purpose {
        case .input(let index): inputs[index] = tensor
        case .parameter(let index): parameters[index] = tensor
        case .outputGradient: outputGradient = tensor
        case .loss: preconditionFailure("a loss takes its constants itself")
        }
    }
}

// MARK: - Making one

/// Where a tensor of a request was read.
struct ReadTensor {
    let pointer: JSONPointer
    let range: Range<Int>
    let shape: Shape
    let form: TensorForm
}

extension RequestDecoder {
    /// The outline of a request without faults; `nil` where it has tensors that are not told apart from its text.
    func outline(of network: Network) -> RequestOutline? {
        guard let readTensors, !hasModel else { return nil }
        var tensors: [(range: Range<Int>, shape: Shape, purpose: RequestOutline.Purpose)] = []
        for tensor in readTensors {
            guard tensor.form == .nested, let purpose = purpose(of: tensor.pointer, in: network) else { return nil }
            tensors.append((tensor.range, tensor.shape, purpose))
        }
        // A field that stands before its layer's type has been read after others.
        tensors.sort { $0.range.lowerBound < $1.range.lowerBound }
        return RequestOutline(of: reader.text, tensors: tensors, loss: lossFields.map { .init(type: $0, values: $1) })
    }

    private func purpose(of pointer: JSONPointer, in network: Network) -> RequestOutline.Purpose? {
        let steps = pointer.steps
        switch (steps.first, steps.count) {
        case ("input", 1): return .input(0)
        case ("output_gradient", 1): return .outputGradient
        case ("inputs", 2):
            guard case .name(let name) = steps[1] else { return nil }
            return inputs.firstIndex { JSONName($0.name) == name }.map { .input($0) }
        case ("loss", 2):
            guard case .name(let name) = steps[1] else { return nil }
            return .loss(name.text)
        case ("network", 3):
            guard steps[1] == "parameters", case .name(let name) = steps[2] else { return nil }
            return network.parameters.firstIndex { parameter in
                if case .shared(let other) = parameter.owner { JSONName(other) == name } else { false }
            }.map { .parameter($0) }
        case ("network", 4):
            guard steps[1] == "layers", case .index(let layer) = steps[2], case .name(let field) = steps[3] else {
                return nil
            }
            return network.parameters.firstIndex { $0.owner == .layer(layer, field: field.text) }.map { .parameter($0) }
        default: return nil
        }
    }
}
