extension JSONReader {
    /// Steps into an object; `false` where another kind of value stands.
    package mutating func beginObject() throws(JSONSyntaxError) -> Bool {
        guard try peek() == .object else { return false }
        guard text.count <= JSONMemberNames.longestText else {
            throw error("a text of more than \(JSONMemberNames.longestText) bytes")
        }
        try begin(.object)
        names.open()
        return true
    }

    /// Steps into an array; `false` where another kind of value stands.
    package mutating func beginArray() throws(JSONSyntaxError) -> Bool {
        guard try peek() == .array else { return false }
        try begin(.array)
        return true
    }

    /// Steps to the next member's value and returns the member's name; steps out of the object at its end.
    package mutating func nextMember() throws(JSONSyntaxError) -> JSONName? {
        guard let name = try advanceToMember() else { return nil }
        return JSONName(string(from: name))
    }

    /// Steps to the next element; steps out of the array at its end and returns `false`.
    package mutating func nextElement() throws(JSONSyntaxError) -> Bool {
        precondition(open.count > floor && open.last == .array, "the innermost open container is an array")
        guard try advance(closing: UInt8(ascii: "]"), "',' or ']'") else { return false }
        expectation = .value
        return true
    }

    /// The name of the first member of the object that stands next, if one does and has a member; nothing is passed.
    package mutating func peekFirstName() throws(JSONSyntaxError) -> JSONName? {
        let before = checkpoint
        guard try beginObject() else { return nil }
        let name = try nextMember()
        restore(before)
        return name
    }

    /// Steps to the next member's value; steps out of the object at its end.
    mutating func advanceToMember() throws(JSONSyntaxError) -> RawString? {
        precondition(open.count > floor && open.last == .object, "the innermost open container is an object")
        guard try advance(closing: UInt8(ascii: "}"), "',' or '}'") else { return nil }
        skipSpace()
        guard position < text.count, text[position] == UInt8(ascii: "\"") else {
            throw unexpected("a member's name in quotes")
        }
        let start = position
        let name = try rawString()
        let unescaped = name.hasEscapes ? unescape(name) : nil
        guard names.insert(name.range, unescaped: unescaped, in: text) else {
            position = start
            throw error("the name \(JSONName(string(from: name)).quoted) stands twice in one object")
        }
        skipSpace()
        guard position < text.count, text[position] == UInt8(ascii: ":") else { throw unexpected("':'") }
        position += 1
        expectation = .value
        return name
    }

    /// Opens the container at whose bracket the position is.
    mutating func begin(_ container: Container) throws(JSONSyntaxError) {
        guard open.count + depthOffset < maximumDepth else {
            throw error("arrays and objects are nested more than \(maximumDepth) deep")
        }
        position += 1
        open.append(container)
        expectation = .first
    }

    /// Closes the innermost container, whose last bracket has been passed.
    mutating func end() {
        if open.removeLast() == .object { names.close(to: names.depth - 1) }
        expectation = .separator
    }

    /// Steps over what is left of a value and the comma; `false`, and out of the container, at its end.
    private mutating func advance(closing: UInt8, _ expected: String) throws(JSONSyntaxError) -> Bool {
        if expectation == .value { try skip() }
        skipSpace()
        if position < text.count, text[position] == closing {
            position += 1
            end()
            return false
        }
        // Before the first member or element there is no comma.
        if expectation == .first { return true }
        guard position < text.count, text[position] == UInt8(ascii: ",") else { throw unexpected(expected) }
        position += 1
        return true
    }
}
