//! The embedded default model: English, twelve framings.

use std::path::Path;

use super::Model;

/// Trained from `training/` by `just model`, and compared with it by a test.
static BYTES: &[u8] = include_bytes!("../../models/english.safetensors");

/// What messages call the embedded model.
pub const NAME: &str = "embedded English model";

/// The default model. Its bytes are part of the program and checked by a test, so they are taken as they stand, and most of them never read.
/// What it needs besides is made for the first text, for each model by itself: one for the whole program, shared by reference, is enough.
///
/// # Panics
/// If the program was built with a damaged model.
pub fn embedded() -> Model {
    Model::from_trusted_bytes(BYTES, Path::new(NAME)).expect("the embedded model is intact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_model_passes_every_check_of_a_model_file() {
        let checked = Model::from_bytes(BYTES, Path::new(NAME)).unwrap();
        assert!(checked == embedded());
        assert!(checked.to_bytes() == BYTES, "not as this version writes it");
    }
}
