//! Text and models of other languages than English.

use crate::desk::{Desk, LABELLED};

/// German sentences of two labels, or none.
const GERMAN: &str = "\
text,labels
Sie werden dafür bezahlen,threat
Wer streikt wird entlassen,threat
Ihr werdet es noch bereuen,threat
Wir werden niemals zahlen und ihr werdet leiden,threat
Sie werden dafür leiden,threat
Unterschreibt die Petition,call
Schreibt eurem Rat,call
Kommt alle zum Rathaus,call
Wählt sie ab,call
Stimmt gegen das Gesetz,call
Die Sitzung beginnt um sieben,
Der Rat nahm das Protokoll an,
Die Brücke war im Mai gesperrt,
Die Firma schickte eine Rechnung,
Ein Preis wurde vereinbart,
";

const TEXT: &str = "Frau Müller sagte, sie werden dafür bezahlen.\n\nLaut dem Verwaltungsrat werden sie dafür leiden.\n\n\
                    »Sie werden dafür bezahlen und es noch bereuen«, sagte die Behörde.\n";

fn german() -> Desk {
    let desk = Desk::with("train.csv", GERMAN).and("de.txt", TEXT);
    desk.run("train train.csv -o m --cues none --language german --folds 2").ok();
    desk
}

#[test]
fn a_model_of_another_language_hears_quotations_and_claims_nothing_for_the_author() {
    let desk = german();
    let said = "reported speech is told in English only: what stands outside of quotation marks counts as the author's";
    let ran = desk.run("classify -m m de.txt --threshold 0.05 -f jsonl").ok();
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
    let voices: Vec<_> = ran.records().iter().map(|record| record["voice"].as_str().unwrap().to_owned()).collect();
    assert_eq!(voices, ["author", "author", "quoted"]);
    let summary = desk.run("classify -m m de.txt --threshold 0.05 --summary").ok();
    assert!(summary.stdout.contains("  unquoted quoted reported mixed"), "{}", summary.stdout);
    assert!(summary.stdout.lines().any(|line| line.ends_with('·') && line.contains(" – ")), "{}", summary.stdout);
    desk.run("classify -m m de.txt --voice none").ok().says_not(said);
    desk.run("classify -m m de.txt -q -f jsonl").ok().says_not(said);
}

#[test]
fn the_page_of_a_model_of_another_language_says_what_was_not_listened_for() {
    let page = german().run("classify -m m de.txt --threshold 0.05 -f html").ok().stdout;
    assert!(page.contains("outside of quotation marks") && !page.contains("the author’s own words"), "{page}");
    assert!(page.contains("Reported speech is told in English only"), "{page}");
    let english = Desk::with_model().and("a.txt", "Sign the petition before the meeting.\n");
    let page = english.run("classify -m m a.txt -f html").ok().stdout;
    assert!(page.contains("the author’s own words") && !page.contains("in English only"), "{page}");
}

#[test]
fn english_verbs_of_saying_are_not_heard_in_another_language() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --cues none --language italian").ok();
    let records = desk.run_with("classify -m m -f jsonl", "Il ministro promise che tutto andrà bene.").ok().records();
    assert_eq!(records[0]["voice"], "author");
}

#[test]
fn the_text_of_a_page_runs_in_its_own_direction_and_says_its_language() {
    let page = german().run("classify -m m de.txt --threshold 0.05 -f html").ok().stdout;
    assert!(page.contains("<html lang=\"en\">"), "the page's own words are English");
    assert!(
        page.contains("<div class=\"text\" lang=\"de\">") && page.contains("<p dir=\"auto\" data-l=\"1\">"),
        "{page}"
    );
    let desk = Desk::with("train.csv", LABELLED).and("a.txt", "Sign the petition before the meeting.\n");
    desk.run("train train.csv -o m --cues none --language none").ok();
    let page = desk.run("classify -m m a.txt -f html").ok().stdout;
    assert!(page.contains("<div class=\"text\">"), "of a model without a language none is known");
}

#[test]
fn case_does_not_count_in_a_cue_of_turkish_or_greek() {
    let desk = Desk::with("tr.toml", "[a]\nworker = \"işçi\"\nriver = \"ırmak\"\n")
        .and("tr.txt", "İşçi geldi.\n\nIRMAK aktı.\n\nİŞÇİ gitti.\n")
        .and("el.toml", "[a]\ndanger = \"κίνδυνος\"\nlarge = \"ΛΑΌΣ\"\n")
        .and("el.txt", "ΚΊΝΔΥΝΟΣ!\n\nΟ λαός ήρθε.\n");
    desk.run("cues tr.toml tr.txt --language turkish").ok().prints("3 matches of 2 cues");
    desk.run("cues el.toml el.txt --language greek").ok().prints("2 matches of 2 cues");
}
