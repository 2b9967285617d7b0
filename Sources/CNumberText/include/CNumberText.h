#ifndef NABLA_CNUMBERTEXT_H
#define NABLA_CNUMBERTEXT_H

/* Reading and printing of floating-point numbers: fast_float and Dragonbox behind a C header. */

#endif
