use crate::desk::{Desk, LABELLED, tables_of};

const CUES: &str = r#"
[classes]
harm = ["pay", "suffer", "regret"]

[threat.will-harm]
match = "will >!not ..3 @harm"
hits = ["You will surely regret it.", "We'll make them suffer."]
misses = ["They won't pay."]

[call]
order = "^ (sign | write | join | vote | let us)"
"#;

#[test]
fn a_sound_cue_file_is_summed_up() {
    let desk = Desk::with("c.toml", CUES);
    desk.run("cues c.toml").ok().prints("2 cues, 1 word class, 3 example sentences: all as the file says");
}

#[test]
fn an_example_that_does_not_hold_is_named_with_its_line_and_fails_the_run() {
    let desk = Desk::with("c.toml", CUES.replace("They won't pay.", "They will pay."));
    desk.run("cues c.toml")
        .ends(1)
        .says("c.toml:8: cue \"will-harm\" matches its near miss: They will pay.\n    will >!not ..3 @harm: will pay\n")
        .prints("1 not as the file says");
}

#[test]
fn a_pattern_that_cannot_be_read_is_shown_with_a_mark_under_the_fault() {
    let desk = Desk::with("c.toml", "[threat]\nx = \"will ..y pay\"\n").and("d.csv", LABELLED);
    let words = "c.toml:2: cue \"x\": a gap is two dots and a number of tokens from 1 to 20\n    will ..y pay\n         ^^\nhint: write ..3";
    desk.run("cues c.toml").ends(1).says(words);
    desk.run("train d.csv -o m --cues c.toml").ends(1).says(words).left_out("m");
}

#[test]
fn matches_are_shown_where_they_stand() {
    let desk = Desk::with("c.toml", CUES).and("s.txt", "You will one day pay for it.\nNothing here.\nVote now!\n");
    desk.run("cues c.toml s.txt")
        .ok()
        .prints("s.txt:1: You will one day pay for it.\n      threat will-harm: will one day pay\n")
        .prints("s.txt:3: Vote now!\n      call order: Vote\n")
        .prints("2 matches of 2 cues");
    desk.run("cues c.toml s.txt -f csv --only call")
        .ok()
        .prints("path,line,start,end,cue,section,surface\ns.txt,3,43,47,order,call,Vote\n");
    desk.run("cues c.toml s.txt --only cal").ends(2).says("did you mean call?");
    desk.run("cues c.toml s.txt nowhere.txt").ends(1).prints("will-harm").says("nowhere.txt");
    desk.run("cues c.toml s.txt --color always").ok().prints("\u{1b}[4m\u{1b}[33mwill one day pay\u{1b}[0m");
}

/// The page's table is what its commands come to.
#[test]
fn what_cues_bring_to_the_letters_of_complaint_is_as_the_page_says() {
    let data = |name: &str| {
        let path = format!("{}/examples/complaints/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    };
    let mut desk = Desk::new();
    for name in ["complaints.csv", "complaints.toml", "leaving.txt"] {
        desk = desk.and(name, data(name));
    }
    let mut table =
        "| features | macro F1, held out | mean average precision | F1 of `leaving`, 95% |\n|---|---|---|---|\n"
            .to_owned();
    let mut macro_f1 = Vec::new();
    for (features, cues) in
        [("words", "none"), ("words and the word list", "leaving.txt"), ("words and 30 cues", "complaints.toml")]
    {
        desk.run(&format!("train complaints.csv -o m --cues {cues} -q")).ok();
        let card: serde_json::Value =
            serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
        let leaving = card["labels"].as_array().unwrap().iter().find(|label| label["label"] == "leaving").unwrap();
        let figure = |of: &serde_json::Value, digits: usize| {
            format!("{:.digits$}", of.as_f64().unwrap()).trim_start_matches('0').to_owned()
        };
        let [f1, low, high] =
            [&leaving["f1"], &leaving["f1_interval"][0], &leaving["f1_interval"][1]].map(|of| figure(of, 3));
        let [overall, precision] =
            [&card["overall"]["macro_f1"], &card["overall"]["average_precision"]].map(|of| figure(of, 3));
        table += &format!("| {features} | {overall} | {precision} | {f1} [{low}, {high}] |\n");
        macro_f1.push(figure(&card["overall"]["macro_f1"], 2));
    }
    tables_of("docs/cues.md", &table);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let gain = format!("from {} to {}", macro_f1[0], macro_f1[2]);
    assert!(readme.contains(&gain), "the README should say {gain}");
}

#[test]
fn labelled_data_tells_what_a_match_is_worth() {
    let desk = Desk::with("c.toml", CUES).and("d.csv", LABELLED);
    // Six of the 31 rows have the label, four of those the cue; no other row has it.
    desk.run("cues c.toml --labelled d.csv")
        .ok()
        .prints("will-harm  threat")
        .prints("2 cues on 30 units, 0 of them never matched");
    let csv = desk.run("cues c.toml --labelled d.csv -f csv").ok().stdout;
    assert_eq!(csv.lines().count(), 1 + 2 * 3, "a row for each cue and label:\n{csv}");
    assert!(csv.contains("will-harm,threat,threat,"), "{csv}");
}

#[test]
fn cues_become_evidence_with_their_name_and_words() {
    let desk = Desk::with("c.toml", CUES).and("d.csv", LABELLED);
    desk.run("train d.csv -o m --cues c.toml").ok().prints("for 2 cues").prints("2 cues: 0 never matched, ");
    let ran = desk.run_with("classify -m m --explain --threshold 0 -f jsonl", "They will surely suffer.\n").ok();
    let record = &ran.records()[0];
    let framings = record["framings"].as_array().unwrap();
    let threat = framings.iter().find(|framing| framing["label"] == "threat").unwrap();
    let terms = threat["explain"]["terms"].as_array().unwrap();
    let cue = terms.iter().find(|term| term["term"] == "cue:will-harm").unwrap();
    assert_eq!((&cue["surface"], &cue["spans"]), (&"will surely suffer".into(), &serde_json::json!([[5, 23]])));
    assert!(cue["contribution"].as_f64().unwrap() > 0.0);
    let sum: f64 = terms.iter().map(|term| term["contribution"].as_f64().unwrap()).sum();
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let said = logit(threat["p"].as_f64().unwrap());
    assert!((sum + threat["explain"]["intercept"].as_f64().unwrap() - said).abs() < 1e-9);
    desk.run_with("classify -m m --explain --only threat --threshold 0", "They will surely suffer.\n")
        .ok()
        .prints("cue will-harm “will surely suffer”");
    desk.run("inspect -m m --cues").ok().prints("will-harm").prints("gain");
}

#[test]
fn a_model_with_cues_needs_no_other_file_and_comes_out_the_same_on_any_number_of_threads() {
    let desk = Desk::with("c.toml", CUES).and("d.csv", LABELLED);
    desk.run("train d.csv -o one --cues c.toml --threads 1").ok();
    desk.run("train d.csv -o two --cues c.toml --threads 2 --verify").ok().says("verified");
    assert_eq!(desk.read("one"), desk.read("two"));
    std::fs::remove_file(desk.path("c.toml")).unwrap();
    desk.run_with("classify -m one --explain --threshold 0", "They will surely suffer.\n").ok().prints("cue will-harm");
}

#[test]
fn a_positive_cue_never_speaks_against_its_label() {
    // The cue stands with the label `a` alone, so its weight for `b` would be negative.
    let row = |i: usize| format!("we will w{i},a\nit was w{i},b\nso w{i},\n");
    let data = format!("text,labels\n{}", (0..30).map(row).collect::<String>());
    let desk = Desk::with("c.toml", "[b]\nwill = \"will\"\n").and("d.csv", data);
    let weight = |desk: &Desk| -> f64 {
        let cards: serde_json::Value =
            serde_json::from_str(&desk.run("inspect -m m --cues -f json").ok().stdout).unwrap();
        cards[0]["weight"].as_f64().unwrap()
    };
    desk.run("train d.csv -o m --cues c.toml --cues-l2 0.1 --min-count 1000").ok();
    assert!(weight(&desk) < 0.0);
    let desk = desk.and("c.toml", "[b.will]\nmatch = \"will\"\npositive = true\n");
    desk.run("train d.csv -o m --cues c.toml --cues-l2 0.1 --min-count 1000").ok();
    assert_eq!(weight(&desk), 0.0);
    // Nor does what it has in common with others that speak against it.
    let others = "[b]\nstill = \"we\"\nyet = \"(will | we)\"\n[b.will]\nmatch = \"will\"\npositive = true\n";
    let desk = desk.and("c.toml", others);
    desk.run("train d.csv -o m --cues c.toml --cues-l2 0.1 --min-count 1000").ok();
    let cards: serde_json::Value = serde_json::from_str(&desk.run("inspect -m m --cues -f json").ok().stdout).unwrap();
    let weights: Vec<f64> = cards.as_array().unwrap().iter().map(|card| card["weight"].as_f64().unwrap()).collect();
    assert!(weights[0] < 0.0 && weights[1] < 0.0 && weights[2] >= 0.0, "{weights:?}");
}

#[test]
fn a_cue_that_training_never_saw_speaks_as_the_others_of_its_section_do() {
    let row = |i: usize| {
        format!("they will pay w{i},threat\nthey will regret w{i},threat\nthey will sing w{i},\nthey pay w{i},\n")
    };
    let data = format!("text,labels\n{}", (0..30).map(row).collect::<String>());
    let cues = "[threat]\npay = \"will pay\"\nregret = \"will regret\"\nsuffer = \"will suffer\"\n[other]\nalone = \"will mend\"\n";
    let desk = Desk::with("c.toml", cues).and("d.csv", data);
    // The cue of a section that never matches is not in the model, and says nothing.
    desk.run("train d.csv -o m --cues c.toml --min-count 1000").ok().prints("for 3 cues");
    let explain = |desk: &Desk, text: &str| {
        let ran = desk.run_with("classify -m m --explain --threshold 0 --only threat -f jsonl", text).ok();
        let terms = ran.records()[0]["framings"][0]["explain"]["terms"].as_array().unwrap().clone();
        let of = |term: &serde_json::Value| (term["term"].to_string(), term["contribution"].as_f64().unwrap());
        terms.iter().map(of).collect::<Vec<_>>()
    };
    let (seen, unseen) = (explain(&desk, "He will pay.\n"), explain(&desk, "He will suffer.\n"));
    assert_eq!((seen.len(), &seen[0].0[..]), (1, "\"cue:pay\""));
    assert_eq!((unseen.len(), &unseen[0].0[..]), (1, "\"cue:suffer\""));
    // What has been seen has a weight of its own besides.
    assert!(0.0 < unseen[0].1 && unseen[0].1 < seen[0].1, "{unseen:?} {seen:?}");
    assert!(explain(&desk, "He will mend.\n").is_empty());
    desk.run("inspect -m m --cues").ok().prints("never matched; its weight is that of its section\n");
    // Cues without a section have nothing in common.
    let desk = desk.and("c.toml", cues.replace("[threat]\n", "").split("[other]").next().unwrap());
    desk.run("train d.csv -o m --cues c.toml --min-count 1000").ok().prints("for 2 cues");
}

#[test]
fn dictionaries_of_other_tools_are_cues_as_they_are() {
    let desk = Desk::new()
        .and("d.dic", "%\n1\tharm\n%\nsuffer*\t1\n:(\t1\n")
        .and("d.dicx", "Entry,harm\nsuffer*,X\n")
        .and("d.yml", "violence:\n  harm: [suffer*, pay for]\n")
        .and("words.txt", "suffer*\npay for\n")
        .and("s.txt", "They suffered.\n");
    desk.run("cues d.dic s.txt").ok().prints("harm: suffered").says("1 entry holds no word");
    desk.run("cues d.dicx s.txt").ok().prints("harm: suffered");
    desk.run("cues d.yml s.txt").ok().prints("      violence.harm: suffered");
    desk.run("cues words.txt s.txt").ok().prints("words: suffered");
}

#[test]
fn a_star_by_itself_is_any_word_in_a_dictionary_and_a_question_mark_by_itself_is_left_out_by_name() {
    let desk = Desk::with("d.yml", "praise:\n  - not * good\n  - so ? fine\n")
        .and("d.dic", "%\n1\tpraise\n%\nnot * good\t1\n")
        .and("s.txt", "This is not very good.\nIt is not good.\nAll so fine.\n");
    let ran = desk.run("cues d.yml s.txt -f csv").ok();
    assert_eq!(ran.stdout.lines().skip(1).collect::<Vec<_>>(), ["s.txt,1,8,21,praise,,not very good"]);
    ran.says(
        "d.yml: 1 entry asks for any word of so many letters, which no pattern can, and is left out: \"so ? fine\"",
    );
    desk.run("cues d.dic s.txt").ok().prints("praise: not very good").prints("1 match of 1 cue");
}

#[test]
fn quotation_marks_around_an_entry_of_a_word_list_are_taken_off_and_others_are_refused() {
    let desk = Desk::with("words.txt", "\"hit back\"\n")
        .and("c.toml", "[threat]\nx = ['will \"hit back\"']\n")
        .and("s.txt", "They hit back.\n");
    desk.run("cues words.txt s.txt").ok().prints("words: hit back");
    desk.run("cues c.toml s.txt").ends(1).says(
        "c.toml:2: cue \"x\": a pattern with a quotation mark can never match\n    will \"hit back\"\n         ^\n\
         hint: words in a row need no quotation marks; {open} and {close} stand for those of a text",
    );
}

#[test]
fn several_cue_files_make_one_model_unless_their_names_clash() {
    let desk = Desk::with("c.toml", CUES).and("w.txt", "fault\nblame\n").and("d.csv", LABELLED);
    desk.run("train d.csv -o m --cues c.toml --cues w.txt").ok().prints("for 3 cues");
    desk.run("train d.csv -o m --cues c.toml --cues c.toml").ends(1).says("there is a cue \"will-harm\" already");
    desk.run("train d.csv -o m --cues none --cues c.toml").ends(2).says("--cues none stands alone");
}

#[test]
fn the_builtin_cues_come_along_only_where_they_help() {
    let desk = Desk::with("d.csv", LABELLED).and("de.csv", LABELLED);
    desk.run("cues builtin").ok().prints("all as the file says");
    desk.run("train d.csv -o m --cues builtin").ok().prints(" never matched, ");
    let said = desk.run("train de.csv -o m --language german").ok().stdout;
    assert!(!said.contains("cues"), "{said}");
    // Labels that have nothing to do with any cue.
    let rows: String =
        (0..40).map(|i| format!("the {} is {}\n", i % 10, if i % 2 == 0 { "even,even" } else { "odd,odd" })).collect();
    let desk = desk.and("n.csv", format!("text,labels\n{rows}"));
    let said = desk.run("train n.csv -o m").ok().stdout;
    assert!(!said.contains("cues"), "{said}");
}

#[test]
fn a_cue_file_that_is_named_last_is_asked_to_come_first() {
    let desk = Desk::with("my.toml", "[threat]\npay = \"will pay\"\n").and("a.txt", "They will pay.\n");
    desk.run("cues a.txt my.toml")
        .ends(2)
        .says("my.toml: is named behind a.txt")
        .says("hint: rhetor cues my.toml a.txt");
    desk.run("cues my.toml a.txt").ok().prints("will pay");
    desk.run("cues my.tmol").ends(1).says("my.tmol: No such file").says("hint: did you mean my.toml?");
}

#[test]
fn a_cue_that_never_met_a_label_tells_nothing_of_it() {
    let rows: String = (0..200).map(|at| format!("It rained on day {at},\n")).collect();
    let table = format!("text,labels\nWe will pay,threat\nA lone zebra,\n{rows}");
    let desk = Desk::with("c.toml", "zebra = \"zebra\"\nyak = \"yak\"\npay = \"pay\"\n").and("d.csv", table);
    let ran = desk.run("cues c.toml --labelled d.csv").ok();
    let ran = ran.prints("never matched, and tells nothing");
    let line = ran.stdout.lines().find(|line| line.starts_with("zebra")).unwrap().to_owned();
    assert!(line.ends_with("tells nothing yet"), "{line}");
    let line = ran.stdout.lines().find(|line| line.starts_with("pay")).unwrap();
    assert!(line.ends_with(']'), "{line}");
    desk.run("cues c.toml --labelled d.csv -f csv").ok().prints("yak,,threat,0,0,,,\n");
    let rows = desk.run("cues c.toml --labelled d.csv -f jsonl").ok().records();
    let yak = rows.iter().find(|row| row["cue"] == "yak").unwrap();
    assert!(yak["log_odds"].is_null() && yak["interval"].is_null(), "{yak}");
    let zebra = rows.iter().find(|row| row["cue"] == "zebra").unwrap();
    assert!(zebra["log_odds"].as_f64().unwrap() < 0.0, "{zebra}");
}

#[test]
fn patterns_of_one_cue_on_the_same_words_are_one_match_and_short_forms_are_shown_whole() {
    let desk = Desk::with("c.toml", "pay = [\"will make him pay\", \"make him pay\", \"him pay\"]\n")
        .and("s.txt", "They\u{2019}LL make him pay.\nMake him pay and make him pay.\n");
    desk.run("cues c.toml s.txt")
        .ok()
        .prints("      pay: They\u{2019}LL make him pay\n")
        .prints("\n3 matches of 1 cue\n      3  pay\n");
    // An explanation shows them whole as well.
    let desk = desk.and("d.csv", LABELLED).and("n.toml", "[threat]\nwill = \"will\"\n");
    desk.run("train d.csv -o m --cues n.toml").ok();
    desk.run_with("classify -m m --explain --only threat --threshold 0", "They'll pay.\n")
        .ok()
        .prints("cue will “They'll”");
    let ran = desk.run("cues c.toml nofile.txt").ends(1).says("nofile.txt");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_word_that_no_text_has_is_refused_with_what_a_text_gives() {
    for (word, given) in [("c++", "c"), ("5%", "5")] {
        let desk = Desk::with("c.toml", format!("[classes]\nodd = [\"plain\", \"{word}\"]\n[s]\nx = \"@odd one\"\n"))
            .and("d.toml", format!("[s]\nx = \"one {word}\"\n"));
        let told = format!("no text has {word:?} as one word, so it can never match");
        desk.run("cues c.toml").ends(1).says(&told).says(&format!("here {given}: write that"));
        desk.run("cues d.toml").ends(1).says("d.toml:2: cue \"x\": ").says(&told);
    }
    let fine =
        "[s]\nx = [\"U.S. troops\", \"don't\", \"blam* ~pay\", \"1.5 so-called\", \"*-free\", \"`R&D`\", \"we'll\"]\n";
    Desk::with("c.toml", fine).run("cues c.toml").ok();
}

#[test]
fn the_word_classes_of_the_program_can_be_listed_and_used() {
    let desk = Desk::with("c.toml", "[threat]\nx = \"will @harm @us\"\n[classes]\nus = \"us\"\n")
        .and("s.txt", "They will bomb us.\n");
    let listed = desk.run("cues builtin --classes").ok().prints("[classes]\n").prints("\nharm = \"").stdout;
    // What is listed is a part of a cue file.
    let desk = desk.and("own.toml", format!("{listed}[threat]\nx = \"will @harm us\"\n"));
    desk.run("cues own.toml").ok();
    desk.run("cues c.toml s.txt").ok().prints("x: will bomb us");
    let used = desk.run("cues c.toml --classes").ok().stdout;
    assert_eq!(used.lines().count(), 3, "{used}");
    // A model holds the classes that it uses.
    let desk = desk.and("d.csv", LABELLED);
    desk.run("train d.csv -o m --cues c.toml").ok();
    desk.run_with("classify -m m --threshold 0", "They will bomb us.\n").ok();
    desk.run("cues c.toml --language german").ends(1).says("there is no class \"harm\"");
}

#[test]
fn every_word_class_of_the_program_can_be_used_in_a_file_of_ones_own() {
    let listed = Desk::new().run("cues builtin --classes").ok().stdout;
    let names: Vec<String> = listed
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| format!("\"they @{name} pay\""))
        .collect();
    assert!(names.len() > 100, "{listed}");
    Desk::with("c.toml", format!("[threat]\nx = [{}]\n", names.join(", "))).run("cues c.toml").ok();
}

#[test]
fn entries_that_no_text_can_match_are_left_out_of_a_dictionary_by_name() {
    let desk = Desk::with("d.yml", "a: [\":D\", \"<3\", \"c++\", \"24/7\", \"workers'\"]\n")
        .and("s.txt", "Grade D was given to 3 pupils.\nOpen 24/7.\nThe workers' own.\n");
    desk.run("cues d.yml s.txt")
        .ok()
        .says("3 entries hold no word as a text has it (such as smileys) and are left out: \":D\", \"<3\", \"c++\"")
        .prints("s.txt:2: Open 24/7.\n      a: 24/7\n")
        .prints("2 matches of 1 cue");
}

#[test]
fn words_as_people_write_them_match_as_a_text_has_them() {
    let desk = Desk::with("w.txt", "workers' rights\nrock 'n' roll\n'hit back'\nlookin'\n1,000 men\nn't tasty\n#metoo\n").and(
        "s.txt",
        "The workers’ rights.\nRock ’n’ roll.\nThey hit back.\nJust lookin’ around.\nSome 1,000 men.\nIt isn't tasty.\n",
    );
    desk.run("cues w.txt s.txt").ok().prints("6 matches of 1 cue").says("since # begins one: #metoo");
}

#[test]
fn all_bad_patterns_of_a_file_are_told_at_once() {
    let text = "[classes]\nneg = \"not don't\"\n[s]\nx = [\"<!can't go\", \"colou?r of\"]\n";
    Desk::with("c.toml", text)
        .run("cues c.toml")
        .ends(1)
        .says("class \"neg\": \"don't\" is two words in a text, \"do not\"")
        .says("c.toml:4: cue \"x\": \"can't\" is two words in a text")
        .says("c.toml:4: cue \"x\": signs part words, so these are several\n    colou?r of\n    ^^^^^^^\nhint: ");
}

#[test]
fn a_section_that_is_no_label_of_the_data_is_told() {
    let desk = Desk::with("c.toml", "[thread.x]\nmatch = \"will pay\"\npositive = true\n").and("d.csv", LABELLED);
    let words = "c.toml: section \"thread\" is no label of the data, so `positive` has no effect there\nhint: did \"thread\" mean \"threat\"?";
    desk.run("cues c.toml --labelled d.csv").ok().says(words);
    desk.run("train d.csv -o m --cues c.toml").ok().says(words);
    let quiet = desk.run("train d.csv -o m --cues builtin").ok().stderr;
    assert!(!quiet.contains("no label of the data"), "{quiet}");
}

#[test]
fn the_cues_of_a_label_and_the_inner_categories_of_a_dictionary_are_found_by_name() {
    let desk = Desk::with("d.yml", "a: {b: {c: [x], d: [y]}, e: [z]}\n");
    let ran = desk.run("cues d.yml --only a.b").ok().prints("a.b.c\n").prints("a.b.d\n");
    assert!(!ran.stdout.contains("a.e"), "{}", ran.stdout);
    desk.run("labels threat").ok().prints("built-in cues\n  ").prints("`rhetor cues builtin --only threat` shows all");
    desk.run("cues Builtin").ends(1).says("hint: `builtin`, in small letters");
}

#[test]
fn options_that_have_no_effect_are_told() {
    let desk = Desk::with("c.toml", CUES).and("d.csv", LABELLED);
    desk.run("cues c.toml -f csv").ok().says("--format is for matches and counts");
    desk.run("cues c.toml d.csv --text-column text")
        .ok()
        .says("are for labelled data")
        .says("d.csv: is a table, and read as running text\nhint: --labelled");
}
