import CNumberText

extension TextScalar {
    /// Reads the numbers whose little-endian bytes a base64 text stands for.
    ///
    /// - Parameters:
    ///   - text: The base64 text, of as many bytes as `count` numbers take.
    ///   - dtype: The type that the bytes are of; they are converted where it is another than this one.
    ///   - count: How many numbers there are.
    /// - Returns: The numbers, or `nil` where a character is wrong.
    static func read(base64 text: Span<UInt8>, as dtype: DType, count: Int) -> [Self]? {
        var isValid = true
        let numbers = [Self](capacity: count) { output in
            // 32 letters are 24 bytes: three float64 or six float32. The last, padding and all, go byte by byte.
            let blocks = max(0, text.count - 1) / 32
            guard let quick = dtype == Self.dtype ? appendQuickly(text, to: &output) : 0,
                append(blocks: unsafe text.extracting(quick..<32 * blocks).bytes, of: dtype, to: &output),
                let rest = Base64.decode(text.extracting(droppingFirst: 32 * blocks))
            else {
                isValid = false
                return
            }
            for start in stride(from: 0, to: rest.count, by: dtype.size) {
                let bits = rest[start..<start + dtype.size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
                switch dtype {
                case .float64: output.append(Self(Double(bitPattern: bits)))
                case .float32: output.append(Self(Float(bitPattern: UInt32(bits))))
                }
            }
        }
        return isValid ? numbers : nil
    }

    /// Appends the numbers of as many letters from the first on as go quickly, bytes being numbers as they are.
    ///
    /// - Returns: How many letters these are, a multiple of 32; `nil` where one is none.
    private static func appendQuickly(_ text: Span<UInt8>, to output: inout OutputSpan<Self>) -> Int? {
        unsafe output.withUnsafeMutableBufferPointer { free, initialized in
            let free = unsafe UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: free[initialized...]))
            // Three quarters of it are the room that there is.
            let length = min(text.count, free.count / 3 * 4)
            let done = unsafe text.withUnsafeBufferPointer { text in
                unsafe nabla_decode_base64(
                    text.baseAddress,
                    length,
                    free.baseAddress?.assumingMemoryBound(to: UInt8.self)
                )
            }
            // The largest size is a negative integer.
            guard done >= 0 else { return nil }
            initialized += done / 32 * 24 / dtype.size
            return done
        }
    }

    /// Appends the numbers of blocks of 32 letters; `false` where a letter is none.
    private static func append(
        blocks text: RawSpan,
        of dtype: DType,
        to output: inout OutputSpan<Self>
    ) -> Bool {
        let tables = Base64Tables.shared
        var seen: UInt32 = 0
        for offset in stride(from: 0, to: text.byteCount, by: 32) {
            let first = sixBytes(text, at: offset, &seen, by: tables)
            let second = sixBytes(text, at: offset + 8, &seen, by: tables)
            let third = sixBytes(text, at: offset + 16, &seen, by: tables)
            let fourth = sixBytes(text, at: offset + 24, &seen, by: tables)
            append(first | second << 48, of: dtype, to: &output)
            append(second >> 16 | third << 32, of: dtype, to: &output)
            append(third >> 32 | fourth << 16, of: dtype, to: &output)
        }
        return tables.isValid(seen)
    }

    /// The bytes of eight letters, the first one lowest.
    @inline(__always)
    private static func sixBytes(
        _ text: RawSpan,
        at offset: Int,
        _ seen: inout UInt32,
        by tables: Base64Tables
    ) -> UInt64 {
        let letters = UInt64(littleEndian: unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let (low, high) = (tables.group(letters), tables.group(letters >> 32))
        seen |= low | high
        return UInt64(low) | UInt64(high) << 24
    }

    @inline(__always)
    private static func append(_ word: UInt64, of dtype: DType, to output: inout OutputSpan<Self>) {
        switch dtype {
        case .float64: output.append(Self(Double(bitPattern: word)))
        case .float32:
            output.append(Self(Float(bitPattern: UInt32(truncatingIfNeeded: word))))
            output.append(Self(Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))))
        }
    }
}
