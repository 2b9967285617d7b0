/// Every layer and loss there is.
///
/// To add one: write its file, name its type here. Decoding, the errors for unknown fields, `/v1/layers`,
/// `openapi.yaml`, the reference page and the tests all follow from this list.
public enum Catalogue {
    /// The layers.
    public static let layers: [any Layer.Type] = [
        Linear.self,
        ReLU.self, ReLU6.self, LeakyReLU.self, PReLU.self, Hardtanh.self, Hardsigmoid.self, Hardswish.self,
        ELU.self, CELU.self, SELU.self,
        Sigmoid.self, LogSigmoid.self, Softplus.self, Tanh.self, Softsign.self,
        SiLU.self, Mish.self, GELU.self,
        Neg.self, Exp.self, Log.self, Sqrt.self, Square.self, Abs.self, Sin.self, Cos.self, Pow.self, Scale.self,
        Softmax.self, LogSoftmax.self,
        Add.self, Sub.self, Mul.self, Div.self, Matmul.self, Concat.self,
        Flatten.self, Reshape.self, Transpose.self, Permute.self, Squeeze.self, Unsqueeze.self,
        Sum.self, Mean.self, Max.self,
        Dropout.self, Embedding.self,
        Conv1d.self, Conv2d.self, Conv3d.self, ConvTranspose1d.self, ConvTranspose2d.self,
        MaxPool1d.self, MaxPool2d.self, AvgPool1d.self, AvgPool2d.self, AdaptiveAvgPool2d.self,
        BatchNorm.self, LayerNorm.self, GroupNorm.self, InstanceNorm.self, RMSNorm.self,
        RNN.self, LSTM.self, GRU.self,
        ScaledDotProductAttention.self, MultiHeadAttention.self,
    ]

    /// The losses.
    public static let losses: [any Loss.Type] = [
        MSE.self, L1.self, SmoothL1.self, Huber.self,
        CrossEntropy.self, NLL.self,
        BCE.self, BCEWithLogits.self,
        KLDiv.self, PoissonNLL.self, GaussianNLL.self,
        HingeEmbedding.self,
    ]

    /// The types of all layers.
    public static var layerTypes: [String] { layers.map { $0.type } }

    /// The types of all losses.
    public static var lossTypes: [String] { losses.map { $0.type } }

    /// The layer of the given type.
    public static func layer(_ type: String) -> (any Layer.Type)? { layersByType[type] }

    /// The loss of the given type.
    public static func loss(_ type: String) -> (any Loss.Type)? { lossesByType[type] }

    private static let layersByType = Dictionary(uniqueKeysWithValues: layers.map { ($0.type, $0) })
    private static let lossesByType = Dictionary(uniqueKeysWithValues: losses.map { ($0.type, $0) })
}
