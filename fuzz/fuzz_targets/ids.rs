//! Random input for `aof_fuzz::ids`, which says what must hold.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| aof_fuzz::ids(input));
