import Backprop

/// Tensors given by the name of what they belong to: tangents, or gradients that a client claims.
package struct NamedTensors<Element: TextScalar>: Sendable {
    /// A tensor under its name, with the place where it stands in the body.
    package struct Entry: Sendable {
        /// The name.
        package let name: String
        /// The tensor.
        package let value: WrittenTensor<Element>
        /// Where it stands in the body.
        package let pointer: JSONPointer
    }

    /// The fields of one layer.
    package struct Layer: Sendable {
        /// The layer's name.
        package let name: String
        /// Its fields.
        package let fields: [Entry]
        /// Where it stands in the body.
        package let pointer: JSONPointer
    }

    /// Network inputs.
    package var inputs: [Entry] = []
    /// Shared parameters.
    package var parameters: [Entry] = []
    /// Layers' own fields.
    package var layers: [Layer] = []
}
