import Testing

@Test func `the package builds`() { #expect(1 + 1 == 2) }
