use crate::desk::Desk;

#[test]
fn the_card_shows_evidence_for_every_label() {
    Desk::with_model().run("inspect -m m").ok().matches("inspect.txt");
}

#[test]
fn the_strongest_terms_are_shown_as_they_look_in_text() {
    let desk = Desk::with_model();
    desk.run("inspect -m m --terms threat").ok().prints("strongest terms for threat").prints("will");
    desk.run("inspect -m m --terms treat").ends(2).says("did you mean threat?");
}

#[test]
fn the_card_is_also_json() {
    let ran = Desk::with_model().run("inspect -m m --format json").ok();
    let card: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(card["labels"].as_array().unwrap().len(), 3);
    assert!(card["labels"][0]["f1_interval"][0].as_f64().unwrap() <= card["labels"][0]["f1"].as_f64().unwrap());
    assert_eq!(card["data"].as_str().unwrap().len(), 64);
}

#[test]
fn the_embedded_model_names_its_framings_and_what_it_is_worth_elsewhere() {
    Desk::new().run("inspect").ok().prints("blame-shifting").prints("whataboutism").prints("on other text");
}

#[test]
fn a_label_that_was_always_found_has_no_interval() {
    let row = |i: usize| {
        format!("{} number {i},{}\n", ["apples and pears", "rain and wind"][i % 2], ["fruit", "weather"][i % 2])
    };
    let rows: String = (0..40).map(row).collect();
    let desk = Desk::with("easy.csv", format!("text,labels\n{rows}"));
    desk.run("train easy.csv -o m --cues none -q").ok();
    let card: serde_json::Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    let label = &card["labels"][0];
    assert_eq!((&label["f1"], &label["f1_interval"]), (&1.0.into(), &serde_json::Value::Null));
    let ran = desk.run("inspect -m m").ok();
    let fruit = ran.stdout.lines().find(|line| line.starts_with("fruit")).unwrap();
    assert!(fruit.contains("1.000") && fruit.contains("good") && !fruit.contains('['), "{fruit}");
}
