/// The version that a request is handled as.
///
/// A later minor version is handled as 1.1, the highest this server speaks (RFC 9110 §2.5); other major versions are
/// refused with 505 before a value of this type exists.
package enum Version: Sendable {
    case http10, http11
}
