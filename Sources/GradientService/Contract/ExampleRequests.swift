/// Small requests that stand in the contract; each runs as it is.
enum ExampleRequests {
    /// Those that every operation takes.
    static let all = [(name: "lecture", value: lecture), (name: "classifier", value: classifier)]

    /// Those with directions.
    static let directed = [(name: "direction", value: direction), (name: "directions", value: directions)]

    /// Those for a gradient check.
    static let checked = [(name: "classifier", value: classifier), (name: "claim", value: claim)]

    /// The lecture network with a gradient that someone claims for its last layer's weight.
    static let claim: JSONTree = {
        var request = lecture
        request["claimed"] = ["layers": ["C": ["weight": [[-1, 11]]]]]
        return request
    }()

    /// The classifier, its first layer's weight and its input moved.
    static let direction: JSONTree = {
        var request = classifier
        request["tangents"] = [
            "inputs": ["input": [[1, 0], [0, 1]]],
            "layers": ["hidden": ["weight": [[0, 1], [1, 0], [0.5, -0.5]]]],
        ]
        return request
    }()

    /// The lecture network's input moved along two directions.
    static let directions: JSONTree = {
        var request = lecture
        request["tangents"] = [["inputs": ["input": [1, 0, 0]]], ["inputs": ["input": [0, 1, 0]]]]
        return request
    }()

    /// The lecture network x → y = W₁x → z = W₂y → C = W₃z.
    static let lecture: JSONTree = [
        "network": [
            "layers": [
                ["name": "y", "type": "linear", "weight": [[1, 0, 2], [-1, 3, 1], [2, 1, 0], [0, -1, 1]]],
                ["name": "z", "type": "linear", "weight": [[1, 2, -1, 0], [3, 0, 1, -2]]],
                ["name": "C", "type": "linear", "weight": [[2, -1]]],
            ]
        ],
        "input": [1, -2, 3],
    ]

    /// A classifier of two samples with a loss.
    static let classifier: JSONTree = [
        "network": [
            "layers": [
                [
                    "name": "hidden", "type": "linear", "weight": [[0.5, -0.2], [0.1, 0.4], [-0.3, 0.8]],
                    "bias": [0.1, 0.0, -0.1],
                ],
                ["type": "tanh"],
                ["name": "logits", "type": "linear", "weight": [[1.0, -0.5, 0.25], [0.3, 0.7, -0.6]]],
            ]
        ],
        "input": [[1.0, 2.0], [-0.5, 0.75]],
        "loss": ["type": "cross_entropy", "target": [1, 0]],
    ]
}
