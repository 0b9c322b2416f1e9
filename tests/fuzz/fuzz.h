/* One fuzz target: libFuzzer calls it, and so does fuzz_main.c with the files of a folder. */
#ifndef SYNCD_TESTS_FUZZ_H
#define SYNCD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len);

#endif
