import HTTPServer
import Testing

/// RFC 9110 §12.5.3 and §12.4.2.
@Test(
    arguments: [
        (nil, nil, true),
        ("", nil, true),
        ("gzip", .gzip, true),
        ("GZIP", .gzip, true),
        ("x-gzip", .gzip, true),
        ("deflate", .deflate, true),
        ("gzip, deflate, br", .gzip, true),
        ("deflate, gzip", .gzip, true),
        ("gzip;q=0.5, deflate;q=0.8", .deflate, true),
        ("gzip;q=0.001", .gzip, true),
        ("gzip;q=0", nil, true),
        ("gzip;q=0, deflate;q=0.000, identity;q=1", nil, true),
        ("identity;q=1, gzip;q=0.5", nil, true),
        ("identity;q=0.5, gzip ; q=1", .gzip, true),
        ("*", .gzip, true),
        ("gzip;q=0, *", .deflate, true),
        ("*;q=0", nil, false),
        ("*;q=0, identity", nil, true),
        ("identity;q=0", nil, false),
        ("identity;q=0, gzip", .gzip, false),
        ("br, zstd", nil, true),
        (";;,,gzip;q=banana,,\u{80}", nil, true),
        ("gzip;q=nan", nil, true),
        ("gzip;q=-1", nil, true),
        ("gzip;q=9999999999999", .gzip, true),
    ] as [(String?, ContentCoding?, Bool)]
)
func `the coding that a client likes best is chosen`(_ field: String?, _ coding: ContentCoding?, _ identity: Bool) {
    var fields = Fields()
    fields["Accept-Encoding"] = field
    let accepted = AcceptEncoding(RequestHead(.get, "/", fields: fields))
    #expect(accepted.coding == coding)
    #expect(accepted.takesIdentity == identity)
}
