//! `classify --column`: a column is classified, the others pass through.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::desk::Desk;

const JSONL: &str = "classify -m m --column body -f jsonl";
const CSV: &str = "classify -m m --column body -f csv";

/// The first cells of each row of a table without quoted cells.
fn first(cells: usize, table: &str) -> Vec<String> {
    table.lines().map(|line| line.split(',').take(cells).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn columns_of_several_inputs_stand_under_their_names_and_those_without_a_place_are_named() {
    let desk = Desk::with_model()
        .and("a.csv", "id,body,src\n1,They will pay.,radio\n")
        .and("b.csv", "body,id,page,line no\nVote now.,2,7,\nSign it.,3,8,\n")
        .and("c.jsonl", "{\"page\": 9, \"body\": \"We had no choice.\", \"id\": 4}\n");
    let ran = desk.run(&format!("{CSV} a.csv b.csv c.jsonl")).ok().says(
        "warning: the output has no column for `page` (3 rows): its columns are those with which the input begins\nhint: ",
    );
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    assert_eq!(
        first(4, &ran.stdout),
        [
            "id,body,src,path",
            "1,They will pay.,radio,a.csv",
            "2,Vote now.,,b.csv",
            "3,Sign it.,,b.csv",
            "4,We had no choice.,,c.jsonl"
        ]
    );
    for other in ["jsonl", "text", "html", "csv --summary"] {
        desk.run(&format!("classify -m m --column body -f {other} a.csv b.csv c.jsonl")).ok().says_not("no column");
    }
}

#[test]
fn fields_that_the_first_row_lacks_are_named() {
    let desk = Desk::with_model()
        .and("a.jsonl", "{\"body\": \"Vote now.\"}\n{\"src\": \"radio\", \"body\": \"They will pay.\"}\n");
    let ran = desk.run(&format!("{CSV} a.jsonl")).ok().says("no column for `src` (1 row)").says("--format jsonl keeps");
    assert_eq!(first(2, &ran.stdout), ["body,path", "Vote now.,a.jsonl", "They will pay.,a.jsonl"]);
}

#[test]
fn a_quotation_mark_that_nothing_closes_is_named_with_its_line() {
    let desk = Desk::with_model()
        .and("u.csv", "id,body\n1,\"open\n2,They will pay.\n3,Vote now.\n")
        .and("h.csv", "id,\"body\n1,x\n");
    desk.run(&format!("{JSONL} h.csv"))
        .ends(1)
        .says("h.csv:1: a quotation mark opens a cell here and none closes it, so that 2 lines are one row\nhint: ");
    desk.run(&format!("{JSONL} u.csv")).ok().says(
        "warning: u.csv:2: 1 bad row: a quotation mark opens a cell here and none closes it\nhint: close the cell",
    );
}

#[test]
fn a_bad_row_is_named_with_the_reason_and_what_to_do() {
    let desk = Desk::with_model().and("a.csv", b"id,body\n1,They will pay.,x\n2,Caf\xe9\n3\n").and(
        "a.jsonl",
        b"{\"id\": 1, \"body\": \"Vote now.\"}\n{\"id\": 2, \"body\": \"Caf\xe9\"}\n[1]\n{\"body\": null}\n",
    );
    desk.run(&format!("{JSONL} a.csv"))
        .ok()
        .says("a.csv:2: 2 bad rows, the first here: 3 cells where the header has 2\nhint: quote a text that holds a comma")
        .says("a.csv:3: 1 bad row: byte 0xE9 on line 3 is not valid UTF-8\nhint: ")
        .says("--encoding windows-1252");
    let ran = desk
        .run(&format!("{JSONL} a.jsonl"))
        .ok()
        .says("a.jsonl:2: 1 bad row: byte 0xE9 on line 2 is not valid UTF-8")
        .says("a.jsonl:3: 2 bad rows, the first here: `row` is a list where an object is needed");
    let records = ran.records();
    assert_eq!((&records[1]["text"], &records[1]["row"]["id"]), (&"Caf\u{fffd}".into(), &2.into()));
}

#[test]
fn a_bad_first_row_costs_no_other() {
    let long = format!("{{\"body\": \"{}\"}}", "x".repeat(70_000));
    for bad in ["broken", "[1]", "{\"id\": 7}", "{\"body\": \"\u{1}\"}", long.as_str()] {
        let desk = Desk::with_model().and("a.jsonl", format!("{bad}\n{{\"id\": 8, \"body\": \"Vote now.\"}}\n"));
        let args = "--max-record 1000 --column body -m m a.jsonl";
        let ran = desk.run(&format!("classify {args} -f jsonl")).ok().says("warning: a.jsonl:1: ");
        assert_eq!(ran.records().iter().map(|record| &record["text"]).collect::<Vec<_>>(), ["", "Vote now."], "{bad}");
        let ran = desk.run(&format!("classify {args} -f csv")).ok();
        assert_eq!(first(2, &ran.stdout)[0], "id,body");
    }
}

#[test]
fn json_lines_without_the_column_are_refused_with_a_hint_that_fits() {
    let desk = Desk::with_model()
        .and("a.jsonl", "{\"boddy\": \"x\"}\nbroken\n")
        .and("b.jsonl", "broken\n")
        .and("c.jsonl", "[\n{\"body\": \"Vote now.\"}\n]\n");
    desk.run(&format!("{JSONL} a.jsonl")).ends(1).says("a.jsonl: no column \"body\"\nhint: did you mean \"boddy\"?");
    desk.run(&format!("{JSONL} b.jsonl")).ends(1).says("b.jsonl:1: no row is a JSON object").says("csv or tsv says");
    desk.run(&format!("{JSONL} b.jsonl --input-format jsonl"))
        .ends(1)
        .says("hint: a line holds one whole object")
        .says_not("csv or tsv");
    desk.run(&format!("{JSONL} c.jsonl")).ends(1).says("rhetor convert c.jsonl - --to jsonl");
}

#[test]
fn packed_data_that_is_cut_off_or_not_gzip_is_named_as_such() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(b"id,body\n1,They will pay.\n2,Vote now.\n").unwrap();
    let packed = packed.finish().unwrap();
    let desk = Desk::with_model()
        .and("cut.csv.gz", &packed[..packed.len() - 9])
        .and("whole.csv.gz", packed)
        .and("a.csv.zst", [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0]);
    assert_eq!(desk.run(&format!("{JSONL} whole.csv.gz")).ok().records().len(), 2);
    desk.run(&format!("{JSONL} cut.csv.gz"))
        .ends(1)
        .says("cut.csv.gz: the gzip data ends too early; was it copied whole?");
    desk.run(&format!("{JSONL} a.csv.zst")).ends(1).says("a.csv.zst: zstd data").says("zstd -dc a.csv.zst | rhetor");
}

#[test]
fn a_row_has_the_line_on_which_it_starts() {
    let desk =
        Desk::with_model().and("a.csv", "id,body\r\n1,Vote now.\r\n\r\n\r\n2,\"They\r\nwill pay.\"\r\n3,Sign it.\r\n");
    let records = desk.run(&format!("{JSONL} a.csv")).ok().says_not("warning").records();
    assert_eq!(records.iter().map(|record| &record["line"]).collect::<Vec<_>>(), [2, 5, 7]);
}

#[test]
fn tables_as_excel_saves_them_are_read() {
    let text = "id;body\r\n1;Café, they will pay.\r\n";
    let utf16 = |mark: &str| format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let desk = Desk::with_model()
        .and("sep.csv", format!("\u{feff}sep=;\r\n{text}"))
        .and("marked.csv", utf16("\u{feff}"))
        .and("plain.csv", utf16(""))
        .and("empty.csv", "")
        .and("empty.jsonl", "");
    for args in ["sep.csv", "marked.csv", "marked.csv --encoding utf-16le", "plain.csv --encoding utf-16le"] {
        let records = desk.run(&format!("{JSONL} {args}")).ok().says_not("warning").records();
        assert_eq!((records.len(), &records[0]["text"]), (1, &"Café, they will pay.".into()), "{args}");
        assert_eq!(records[0]["row"]["id"], "1", "{args}");
    }
    desk.run(&format!("{JSONL} plain.csv")).ends(1).says("UTF-16LE, not UTF-8").says("--encoding utf-16le");
    desk.run(&format!("{JSONL} empty.csv")).ends(1).says("empty.csv: no rows\nhint: leave the file out");
    desk.run(&format!("{JSONL} empty.jsonl")).ok().prints("").says("no text in it");
}

#[test]
fn values_keep_their_digits_and_fields_their_order() {
    let row = "{\"z\":12345678901234567890123,\"body\":\"Vote now, caf\u{e9}.\",\"a\":1.10,\"e\":1e400,\"l\":[1.0,{\"b\":1,\"a\":2}]}";
    let spaced = row.replace("\":", "\": ").replace("\u{e9}", "\\u00e9");
    let desk = Desk::with_model().and("a.jsonl", spaced + "\n").and("a.csv", "z,body,a\n1.10,Vote now.,x\n");
    desk.run(&format!("{JSONL} a.jsonl")).ok().says_not("bad row").prints(&format!("{{\"row\":{row},\"path\""));
    let ran = desk.run(&format!("{CSV} a.jsonl")).ok();
    ran.prints("z,body,a,e,l,path,").prints(
        "12345678901234567890123,\"Vote now, caf\u{e9}.\",1.10,1e400,\"[1.0,{\"\"b\"\":1,\"\"a\"\":2}]\",a.jsonl,",
    );
    desk.run(&format!("{JSONL} a.csv")).ok().prints("{\"row\":{\"z\":\"1.10\",\"body\":\"Vote now.\",\"a\":\"x\"},");
}

#[test]
fn a_column_that_stands_there_twice_is_refused_if_it_is_the_one() {
    let desk = Desk::with_model().and("a.csv", "body,id,body\nx,1,y\n").and("b.csv", "id,body,id\n1,Vote now.,2\n");
    desk.run(&format!("{JSONL} a.csv"))
        .ends(1)
        .says("a.csv:1: the column `body` stands there twice\nhint: rename or delete one");
    let ran = desk.run(&format!("{CSV} b.csv")).ok();
    assert_eq!(first(3, &ran.stdout), ["id,body,id", "1,Vote now.,2"]);
    desk.run(&format!("{JSONL} b.csv"))
        .ok()
        .says("b.csv:1: the column `id` stands there twice; the first is read and the other left out")
        .prints("{\"row\":{\"id\":\"1\",\"body\":\"Vote now.\"},");
}

#[test]
fn a_stray_quotation_mark_swallows_no_other_row() {
    let desk =
        Desk::with_model().and("a.csv", "id,body\n1,\"open\n2,They will pay.\n3,he said \"no\" again\n4,Vote now.\n");
    let ran = desk.run(&format!("{JSONL} a.csv")).ok().says(
        "warning: a.csv:2: 1 bad row: a quotation mark opens a cell here, and text stands behind the one that closes it on line 4\nhint: ",
    );
    let texts: Vec<_> = ran.records().iter().map(|record| record["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["open", "They will pay.", "he said \"no\" again", "Vote now."]);
    assert_eq!(ran.records()[2]["line"], 4);
}
