//! Text and models of other languages than English.

use crate::desk::Desk;

#[test]
fn case_does_not_count_in_a_cue_of_turkish_or_greek() {
    let desk = Desk::with("tr.toml", "[a]\nworker = \"işçi\"\nriver = \"ırmak\"\n")
        .and("tr.txt", "İşçi geldi.\n\nIRMAK aktı.\n\nİŞÇİ gitti.\n")
        .and("el.toml", "[a]\ndanger = \"κίνδυνος\"\nlarge = \"ΛΑΌΣ\"\n")
        .and("el.txt", "ΚΊΝΔΥΝΟΣ!\n\nΟ λαός ήρθε.\n");
    desk.run("cues tr.toml tr.txt --language turkish").ok().prints("3 matches of 2 cues");
    desk.run("cues el.toml el.txt --language greek").ok().prints("2 matches of 2 cues");
}
