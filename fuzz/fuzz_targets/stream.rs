#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rhetor_fuzz::stream::stream(data));
