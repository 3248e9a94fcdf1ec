//! `rhetor inspect`: a model's card.

use rhetor::model::Model;

use super::args::{CardFormat, Inspect};
use super::{DONE, card, load_model, print};

pub fn run(args: &Inspect) -> anyhow::Result<u8> {
    let model = load_model(args.model.as_deref())?;
    let text = match (&args.terms, args.format) {
        _ if args.cues && model.card().cues.is_empty() => {
            anyhow::bail!("the model has no cues\nhint: `rhetor train --cues FILE` adds some")
        }
        _ if args.cues && args.format == CardFormat::Json => {
            format!("{:#}\n", serde_json::to_value(&model.card().cues)?)
        }
        _ if args.cues => card::cues(model.card()),
        (Some(label), CardFormat::Text) => card::terms(&find(&model, label)?),
        (Some(label), CardFormat::Json) => format!("{:#}\n", serde_json::to_value(find(&model, label)?)?),
        (None, CardFormat::Text) => card::text(&model) + &card::strongest(&model),
        (None, CardFormat::Json) => json(&model),
    };
    print(text)?;
    Ok(DONE)
}

fn find(model: &Model, label: &str) -> anyhow::Result<rhetor::model::card::LabelCard> {
    let id = super::classify::label(model, label)?;
    Ok(model.card().labels[id.index()].clone())
}

fn json(model: &Model) -> String {
    let card = serde_json::to_value(model.card()).expect("a card is plain data");
    let mut all = serde_json::json!({
        "model": model.fingerprint(),
        "task": model.task(),
        "features": model.featurizer().settings(),
        "terms": model.featurizer().vocabulary().len(),
    });
    if let (Some(all), serde_json::Value::Object(card)) = (all.as_object_mut(), card) {
        all.extend(card);
    }
    format!("{all:#}\n")
}
