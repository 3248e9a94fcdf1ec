//! placeholder
use std::collections::BTreeMap;
use crate::text::Place;
#[derive(Clone, Debug, PartialEq)]
pub struct Example { pub text: String, pub labels: Vec<String>, pub group: Option<String>, pub weight: f64, pub place: Place, pub id: Option<String>, pub extra: BTreeMap<String, String> }
