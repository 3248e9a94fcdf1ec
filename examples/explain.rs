//! Shows which words make a sentence a threat, or not: `cargo run --example explain -- "You will regret this."`

use rhetor::framing::evidence;
use rhetor::model::english;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::args().nth(1).ok_or("give a sentence")?;
    let model = english::embedded();
    let label = model.labels().find("threat").ok_or("the model knows no threats")?;
    let row = model.featurizer().row(&text, &mut model.scratch());
    let why = evidence::explain(&model, &row, label);
    println!("{:+.3}  intercept", why.intercept);
    for term in &why.terms {
        let surface = term.spans.first().map_or("", |span| span.of(&text));
        let name = model.featurizer().vocabulary().term(term.feature);
        println!("{:+.3}  {surface:?} ({name})", term.contribution);
    }
    println!("{:+.3}  log-odds of a threat", why.total());
    Ok(())
}
