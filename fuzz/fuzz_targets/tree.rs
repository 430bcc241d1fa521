//! Random input for `aof_fuzz::tree`, which says what must hold.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| aof_fuzz::tree(input));
