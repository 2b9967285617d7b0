import Backprop
import GradientService

/// A network with an input and a loss, of one of the shapes W1 to W5, made from seeded numbers.
struct Workload {
    let name: String
    private let layers: [Layer]
    private let input: Tensor<Float>
    private let target: Tensor<Float>
    private let loss: String

    private enum Layer {
        case weighted(type: String, weight: Tensor<Float>, bias: Tensor<Float>)
        case plain(type: String)
        case pooling
    }

    /// All of them.
    static func all() -> [Workload] {
        var generator = Seeded(2026)
        func linear(_ width: Int, _ out: Int) -> Layer { weighted("linear", [out, width], width, &generator) }
        func convolution(_ channels: Int, _ out: Int) -> Layer {
            weighted("conv2d", [out, channels, 3, 3], 9 * channels, &generator)
        }
        let (relu, tanh) = (Layer.plain(type: "relu"), Layer.plain(type: "tanh"))
        func labels(_ count: Int) -> Tensor<Float> {
            let labels = (0..<count).map { _ in Float(Int.random(in: 0..<10, using: &generator)) }
            return Tensor(shape: [count], elements: labels)
        }
        return [
            Workload(
                name: "W1 3-4-2-1 linear, one sample",
                layers: [linear(3, 4), linear(4, 2), linear(2, 1)],
                input: generator.normals([1, 3]),
                target: generator.normals([1, 1]),
                loss: "mse"
            ),
            Workload(
                name: "W2 16-64-64-8 tanh, 32 samples",
                layers: [linear(16, 64), tanh, linear(64, 64), tanh, linear(64, 8)],
                input: generator.normals([32, 16]),
                target: generator.normals([32, 8]),
                loss: "mse"
            ),
            Workload(
                name: "W3 784-128-10 relu, 64 samples",
                layers: [linear(784, 128), relu, linear(128, 10)],
                input: generator.normals([64, 784]),
                target: labels(64),
                loss: "cross_entropy"
            ),
            Workload(
                name: "W4 784-512-512-10 relu, 64 samples",
                layers: [linear(784, 512), relu, linear(512, 512), relu, linear(512, 10)],
                input: generator.normals([64, 784]),
                target: labels(64),
                loss: "cross_entropy"
            ),
            Workload(
                name: "W5 CNN 28×28, 16 samples",
                layers: [
                    convolution(1, 8), relu, .pooling, convolution(8, 16), relu, .pooling, .plain(type: "flatten"),
                    linear(400, 10),
                ],
                input: generator.normals([16, 1, 28, 28]),
                target: labels(16),
                loss: "cross_entropy"
            ),
        ]
    }

    /// Weights and biases as PyTorch initialises them.
    private static func weighted(_ type: String, _ shape: Shape, _ fanIn: Int, _ generator: inout Seeded) -> Layer {
        let bound = 1 / Float(fanIn).squareRoot()
        func uniform(_ shape: Shape) -> Tensor<Float> {
            let elements = (0..<shape.count).map { _ in Float.random(in: -bound...bound, using: &generator) }
            return Tensor(shape: shape, elements: elements)
        }
        return .weighted(type: type, weight: uniform(shape), bias: uniform([shape[0]]))
    }

    /// The body of a request for its gradients.
    func body(_ reply: Reply) -> [UInt8] {
        let form: TensorForm = reply == .base64 ? .base64 : .nested
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("dtype", "float32")
        if reply == .base64 { writer.member("encoding", "base64") }
        if reply == .gradients {
            writer.name("return")
            writer.beginArray()
            writer.string("gradients")
            writer.endArray()
        }
        writer.name("network")
        writer.beginObject()
        writer.name("layers")
        writer.beginArray()
        for layer in layers {
            writer.beginObject()
            switch layer {
            case .weighted(let type, let weight, let bias):
                writer.member("type", type)
                writer.name("weight")
                writer.tensor(weight, as: form)
                writer.name("bias")
                writer.tensor(bias, as: form)
            case .plain(let type): writer.member("type", type)
            case .pooling:
                writer.member("type", "max_pool2d")
                writer.name("kernel_size")
                writer.integer(2)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.name("input")
        writer.tensor(input, as: form)
        writer.name("loss")
        writer.beginObject()
        writer.member("type", loss)
        writer.name("target")
        if target.shape.rank == 1 {
            writer.integers(target.elements.map { Int($0) })
        } else {
            writer.tensor(target, as: form)
        }
        writer.endObject()
        writer.endObject()
        return writer.take()
    }

    /// What is asked for.
    enum Reply: String, CaseIterable {
        /// Gradients alone.
        case gradients
        /// Outputs and gradients.
        case everything
        /// The same as base64, the request as well.
        case base64
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String) {
        self.name(name)
        string(text)
    }
}
