#include <openssl/err.h>
#include <openssl/ssl.h>

/// What Swift does not import, being macros of macros: no renegotiation (RFC 9325 §3.5), no compression (§3.3), and the
/// server's order of ciphers.
static inline uint64_t nabla_ssl_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE;
}
