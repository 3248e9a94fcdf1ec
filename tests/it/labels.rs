use crate::desk::Desk;

#[test]
fn every_label_is_listed_and_one_is_explained() {
    let desk = Desk::new();
    desk.run("labels").ok().prints("threat ").prints("whataboutism         answers or deflects criticism");
    desk.run("labels threat").ok().prints("performs it").prints("threat / fear-appeal").prints("commissive");
    desk.run("labels treat").ends(1).says("did you mean threat?");
}

#[test]
fn the_codebook_is_there_for_programs() {
    let book: serde_json::Value = serde_json::from_str(&Desk::new().run("labels -f json").ok().stdout).unwrap();
    assert_eq!(book["label"].as_array().unwrap().len(), 12);
    let one: serde_json::Value = serde_json::from_str(&Desk::new().run("labels denial -f json").ok().stdout).unwrap();
    assert!(one["rules"].as_array().unwrap().iter().any(|rule| rule["number"] == 13));
}
