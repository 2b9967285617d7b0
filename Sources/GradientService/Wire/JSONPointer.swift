/// The place of a value in a JSON text: the names and indices that lead to it (RFC 6901).
package struct JSONPointer: Sendable {
    /// One step: from an object to a member, or from an array to an element.
    package enum Step: Hashable, Sendable {
        /// To the member of this name.
        case name(JSONName)
        /// To the element of this index.
        case index(Int)
    }

    /// A step and those before it: pointers share their beginnings, since a place is made for each member that is read
    /// and shown only for the few that have a fault.
    private final class Chain: Sendable {
        let before: Chain?
        let step: Step

        init(_ before: Chain?, _ step: Step) {
            self.before = before
            self.step = step
        }
    }

    private var last: Chain?

    /// Makes a pointer from its steps.
    package init(_ steps: [Step] = []) {
        for step in steps { last = Chain(last, step) }
    }

    /// The steps from the outermost value inwards; none for that value itself.
    package var steps: [Step] {
        var steps: [Step] = []
        var next = last
        while let chain = next {
            steps.append(chain.step)
            next = chain.before
        }
        return steps.reversed()
    }

    /// Steps on to a member.
    package mutating func append(_ name: JSONName) { last = Chain(last, .name(name)) }

    /// Steps on to an element.
    package mutating func append(_ index: Int) { last = Chain(last, .index(index)) }

    /// Takes the last step back.
    package mutating func removeLast() {
        guard let chain = last else { preconditionFailure("the outermost value has no step to take back") }
        last = chain.before
    }

    /// The place of a member of the object here.
    package func appending(_ name: JSONName) -> JSONPointer {
        var pointer = self
        pointer.append(name)
        return pointer
    }

    /// The place of an element of the array here.
    package func appending(_ index: Int) -> JSONPointer {
        var pointer = self
        pointer.append(index)
        return pointer
    }

    /// The place that `right` leads to from `left`.
    package static func + (left: JSONPointer, right: JSONPointer) -> JSONPointer {
        var pointer = left
        for step in right.steps { pointer.last = Chain(pointer.last, step) }
        return pointer
    }
}

extension JSONPointer: Hashable {
    /// Whether two pointers have the same steps.
    package static func == (left: JSONPointer, right: JSONPointer) -> Bool { left.steps == right.steps }

    /// Hashes the steps.
    package func hash(into hasher: inout Hasher) { hasher.combine(steps) }
}

extension JSONPointer: ExpressibleByArrayLiteral {
    /// Makes a pointer from its steps.
    package init(arrayLiteral steps: Step...) { self.init(steps) }
}

extension JSONPointer.Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// Steps to the member of this name.
    package init(stringLiteral name: String) { self = .name(JSONName(name)) }

    /// Steps to the element of this index.
    package init(integerLiteral index: Int) { self = .index(index) }
}

extension JSONPointer: CustomStringConvertible {
    /// The pointer as a URI fragment: `#/network/layers/2/weight` (RFC 6901, section 6).
    ///
    /// A name is cut after 128 bytes, as wherever names are quoted.
    package var description: String {
        var text = Array("#".utf8)
        for step in steps {
            text.append(UInt8(ascii: "/"))
            switch step {
            case .index(let index): text += String(index).utf8
            case .name(let name): JSONPointer.append(name, to: &text)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ name: JSONName, to text: inout [UInt8]) {
        for byte in name.text.cut(toBytes: JSONName.quotedBytes).utf8 {
            switch byte {
            // RFC 6901, section 3: these two would be read as syntax.
            case UInt8(ascii: "~"): text += "~0".utf8
            case UInt8(ascii: "/"): text += "~1".utf8
            case let byte where mayStandInFragment(byte): text.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// Whether a byte needs no percent-encoding: `pchar`, `/` and `?` (RFC 3986, section 3.5).
    private static func mayStandInFragment(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
        }
    }
}
