/// The types of number that other protocols send arrays in.
enum ElementType: String, CaseIterable {
    case float16, float32, float64, bfloat16
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case bool

    /// The type by its name in NumPy, as Tesseract has it.
    init?(numpy name: String) {
        guard let type = ElementType(rawValue: name), type != .bfloat16 else { return nil }
        self = type
    }

    /// The type by its name in the Open Inference Protocol.
    init?(inference name: String) {
        let found = ElementType.allCases.first { $0.inferenceName == name }
        guard let found else { return nil }
        self = found
    }

    /// The name in the Open Inference Protocol.
    var inferenceName: String {
        switch self {
        case .float16: "FP16"
        case .float32: "FP32"
        case .float64: "FP64"
        case .bfloat16: "BF16"
        default: rawValue.uppercased()
        }
    }

    /// How many bytes a number takes.
    var size: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The numbers that little-endian bytes stand for, of which there must be whole ones.
    func numbers(_ bytes: ArraySlice<UInt8>) -> [Double] {
        precondition(bytes.count.isMultiple(of: size), "there are whole numbers")
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map { start in
            number(bytes[start..<start + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }

    private func number(_ bits: UInt64) -> Double {
        switch self {
        case .float16: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
        case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
        case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .float64: Double(bitPattern: bits)
        case .int8: Double(Int8(truncatingIfNeeded: bits))
        case .int16: Double(Int16(truncatingIfNeeded: bits))
        case .int32: Double(Int32(truncatingIfNeeded: bits))
        case .int64: Double(Int64(bitPattern: bits))
        case .uint8, .uint16, .uint32, .uint64: Double(bits)
        case .bool: bits == 0 ? 0 : 1
        }
    }
}
