/// Requests that run as they are, served at `/v1/examples/{name}` and used by the tests.
///
/// To add one: put its JSON into `Resources/Examples` and a line here; `scripts/examples.py` makes the larger ones.
package struct Example: Sendable {
    /// Its name in the path.
    package let name: String
    /// What it is.
    package let title: String
    /// Where it is posted to.
    package let endpoint: String

    /// The examples in the order in which they are listed.
    package static let all = [
        Example(
            name: "lecture",
            title: "The lecture network: x in R^3 to y = W1 x to z = W2 y to C = W3 z",
            endpoint: "/v1/gradients"
        ),
        Example(
            name: "digits",
            title: "Eight handwritten digits through a trained classifier (UCI optical recognition, CC BY 4.0)",
            endpoint: "/v1/gradients"
        ),
        Example(
            name: "mlp",
            title:
                "A deep network: twelve linear layers and eleven activations, how gradients fade from layer to layer",
            endpoint: "/v1/gradients"
        ),
        Example(
            name: "cnn",
            title: "A small image classifier: convolutions, batch normalisation, pooling, cross-entropy of two images",
            endpoint: "/v1/gradients"
        ),
        Example(
            name: "transformer",
            title: "A transformer block: layer_norm, attention of two heads, feed-forward part, residual additions",
            endpoint: "/v1/gradients"
        ),
        Example(
            name: "rnn",
            title: "A recurrent network unrolled over four steps: shared weights, whose gradients add up through time",
            endpoint: "/v1/gradients"
        ),
    ]
}
