extension Network {
    /// What is wrong with the values of inputs that hold indices: of each input its first fault in reading order.
    ///
    /// An index is an integer from 0 to the number of entries less 1, and one that the scalar holds exactly.
    public func indexFaults<S: Scalar>(of values: [Tensor<S>]) -> [Fault] {
        var faults: [Fault] = []
        for (position, input) in inputs.enumerated() where input.isIndices {
            let bounds = steps.filter { $0.inputs.contains(.input(position)) }
                .compactMap { $0.layer.indexBound(of: operandShapes(of: $0)) }
            guard let bound = bounds.min() else { continue }
            // Beyond this the scalar rounds integers, so that one index would be taken for another.
            let exact = 2 / S.machineEpsilon
            for (element, scalar) in values[position].elements.enumerated() {
                let index = scalar.value
                let detail: String
                if index != index.rounded() {
                    detail = "an index is an integer; it is \(index)"
                } else if !(index >= 0 && index < Double(bound)) {
                    detail = "an index must lie in 0...\(bound - 1); it is \(index)"
                } else if index > exact {
                    detail = "an index beyond \(exact) is not exact in this dtype; it is \(index)"
                } else {
                    continue
                }
                faults.append(Fault(.inputElement(input.name, element), detail))
                break
            }
        }
        return faults
    }
}
