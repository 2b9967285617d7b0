extension FieldValues {
    /// One integer for each of `count` dimensions; a single one stands for all of them.
    func sizes(_ name: String, count: Int) -> [Int] { spread(integers(name), over: count) }

    /// As `sizes`, if the field is there.
    func optionalSizes(_ name: String, count: Int) -> [Int]? {
        optionalIntegers(name).map { spread($0, over: count) }
    }
}

private func spread(_ sizes: [Int], over count: Int) -> [Int] {
    sizes.count == 1 ? [Int](repeating: sizes[0], count: count) : sizes
}

/// What does not fit in a layer's operands or fields, and at which field.
struct Misfit: Error, Sendable {
    let field: String
    let detail: String

    init(_ field: String, _ detail: String) {
        self.field = field
        self.detail = detail
    }
}

extension OperandShapes {
    /// What `rule` finds, or `nil` with its misfit noted as a fault.
    mutating func noting<Result>(_ rule: () throws(Misfit) -> Result) -> Result? {
        do throws(Misfit) {
            return try rule()
        } catch {
            fault(error.field, error.detail)
            return nil
        }
    }

    /// Notes a fault where the learnable field `field` is there and does not have the shape that `reason` demands.
    ///
    /// - Returns: Whether it fits, or was left out.
    @discardableResult mutating func check(_ field: String, has shape: Shape, because reason: String) -> Bool {
        guard let given = self[field], given != shape else { return true }
        fault(field, "\(reason), so \(field) must be \(shape); it is \(given)")
        return false
    }
}
