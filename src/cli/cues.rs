//! `rhetor cues`: is a cue file sound, where do its cues match, and what does a match tell?

mod association;
mod shown;

use std::collections::BTreeSet;
use std::path::Path;

use rhetor::corpus::{self, ReadOptions, shell};
use rhetor::features::cues::{self, Cue, CueSet, Culprit, Matcher, Miss};
use rhetor::report::column::{cell, width};
use rhetor::text::count::{counted, plural};
use rhetor::text::stem::Language;
use rhetor::text::{list, token, visible};

use super::args::{Cues, CuesFormat, DataOptions, Shared};
use super::{DONE, FAILED, Remarks, ending, inputs, misuse, named, print, refuse_same, train};

/// How many labels are named that a section may be called after.
const LABELS: usize = 12;
/// How many examples that fail are shown one by one.
const SHOWN: usize = 50;

/// A cue file that was read, ready to match.
struct Loaded {
    set: CueSet,
    matcher: Matcher,
    /// Which cues the user wants to see.
    wanted: Vec<bool>,
}

pub fn run(args: &Cues, shared: &Shared, remarks: Remarks) -> anyhow::Result<u8> {
    if args.format == CuesFormat::Csv && !args.paths.is_empty() && !args.labelled.is_empty() {
        return Err(misuse("matches and counts are two tables\nhint: ask for one of them, a text or --labelled"));
    }
    warn_of_idle_options(args, remarks);
    let loaded = load(args, remarks)?;
    if args.classes {
        print(classes(&loaded.set))?;
        return Ok(DONE);
    }
    let mut misses = loaded.set.misses(&loaded.matcher, args.language);
    misses.retain(|miss| loaded.wanted[miss.cue as usize]);
    report_misses(&loaded, &misses, &args.file, remarks);
    let mut status = if misses.is_empty() { DONE } else { FAILED };
    if args.paths.is_empty() && args.labelled.is_empty() {
        let text = if args.only.is_empty() { summary(&loaded, misses.len()) } else { definitions(&loaded) };
        print(text)?;
    }
    if !args.paths.is_empty() {
        let (files, all_found) = inputs::files(&args.paths, &args.glob, remarks)?;
        refuse_same(None, &files)?;
        let all_read = shown::matches(&loaded, args, shared, &files, remarks)?;
        if !(all_found && all_read) {
            status = FAILED;
        }
    }
    if !args.labelled.is_empty() {
        let options = ReadOptions { weighs: false, ..train::read_options(&args.input) };
        let corpus = corpus::read(&args.labelled, &options)?;
        train::report_reading(&corpus, remarks);
        if ending(&args.file) == "toml" {
            let labels = corpus.examples.iter().flat_map(|example| &example.labels).map(String::as_str).collect();
            warn_of_sections(loaded.set.cues.iter(), &labels, &args.file.to_string_lossy(), remarks);
        }
        association::print(&loaded, args, &corpus)?;
    }
    Ok(status)
}

/// Says which options are for what is not asked for.
fn warn_of_idle_options(args: &Cues, remarks: Remarks) {
    if args.format != CuesFormat::Text && args.paths.is_empty() && args.labelled.is_empty() {
        let hint = "name a text, or labelled data with --labelled";
        remarks.warn(format_args!("--format is for matches and counts, and neither is asked for\nhint: {hint}"));
    }
    if args.labelled.is_empty() && args.input != DataOptions::default() {
        let hint = "name the data with --labelled; texts behind the cues are read as they are";
        remarks.warn(format_args!("columns, --encoding and --strict are for labelled data\nhint: {hint}"));
    }
    if let Some(path) = args.paths.iter().find(|path| inputs::is_table(path, None)) {
        let hint = "--labelled reads its rows, and counts what a match tells of their labels";
        remarks.warn(format_args!("{}: is a table, and read as running text\nhint: {hint}", path.display()));
    }
}

/// Says which sections of the cue file of that name are no labels of the data, so that their cues speak for none.
pub fn warn_of_sections<'a>(
    cues: impl Iterator<Item = &'a Cue> + Clone,
    labels: &BTreeSet<&str>,
    name: &str,
    remarks: Remarks,
) {
    let is_strange = |cue: &&Cue| !cue.section.is_empty() && !labels.contains(&cue.section[..]);
    let strange: BTreeSet<&str> = cues.clone().filter(is_strange).map(|cue| &cue.section[..]).collect();
    let Some(first) = strange.iter().next() else { return };
    let without_effect =
        if cues.filter(is_strange).any(|cue| cue.positive) { ", so `positive` has no effect there" } else { "" };
    let names = strange.iter().map(|name| format!("{:?}", visible(name))).collect::<Vec<_>>().join(", ");
    let hint = match rhetor::codebook::nearest(first, labels.iter().copied()) {
        Some(near) => format!("did {first:?} mean {near:?}?"),
        None => format!(
            "the labels are {}; a section may have another name, and speaks for whatever label it tells of",
            list::first(labels.iter().map(|label| visible(label)), LABELS)
        ),
    };
    remarks.say(format_args!(
        "{name}: {} {names} {} of the data{without_effect}\nhint: {hint}",
        plural(strange.len() as u64, "section", "sections"),
        plural(strange.len() as u64, "is no label", "are no labels"),
    ));
}

fn load(args: &Cues, remarks: Remarks) -> anyhow::Result<Loaded> {
    let path = args.file.to_string_lossy();
    let is_cues = |path: &Path| ending(path) == "toml";
    if let Some(cues) =
        args.paths.iter().find(|path| is_cues(path)).filter(|_| path != cues::BUILTIN && !is_cues(&args.file))
    {
        return Err(misuse(format_args!(
            "{}: is named behind {path}, and cues come first\nhint: rhetor cues {} {}",
            cues.display(),
            shell(cues),
            shell(&args.file)
        )));
    }
    let (set, matcher) = read(&args.file, args.language, remarks)?;
    let wanted = wanted(&set, &args.only)?;
    Ok(Loaded { set, matcher, wanted })
}

/// The cues of a file, or the program's own, ready to match: every pattern can be read.
pub fn read(path: &Path, language: Language, remarks: Remarks) -> anyhow::Result<(CueSet, Matcher)> {
    let name = path.display();
    let set = if path.as_os_str() == cues::BUILTIN {
        cues::builtin().clone()
    } else {
        if path.as_os_str().eq_ignore_ascii_case(cues::BUILTIN) && !path.exists() {
            anyhow::bail!(
                "{name}: there is no such file\nhint: `{}`, in small letters, is the program's own",
                cues::BUILTIN
            );
        }
        if path.as_os_str() != "-" {
            let there = std::fs::metadata(path).map_err(|error| named(path, error))?;
            anyhow::ensure!(!there.is_dir(), "{name}: is a folder\nhint: name a file in it, or `builtin`");
        }
        let read = cues::read(path, language)?;
        read.remarks.iter().for_each(|remark| remarks.warn(format_args!("{name}: {remark}")));
        read.cues
    };
    let matcher = set.matcher(language, &name.to_string())?;
    Ok((set, matcher))
}

fn wanted(set: &CueSet, only: &[String]) -> anyhow::Result<Vec<bool>> {
    let is_known = |name: &str| set.cues.iter().any(|cue| goes_by(cue, name));
    let only: Vec<String> = only.iter().flat_map(|line| list::names(line, is_known)).collect();
    for name in &only {
        if !is_known(name) {
            let names = set.cues.iter().flat_map(|cue| [&cue.name[..], &cue.section[..]]);
            let hint = rhetor::codebook::nearest(name, names)
                .map_or("run without --only to see all".into(), |near| format!("did you mean {near}?"));
            return Err(misuse(format_args!("there is no cue or section {name:?}\nhint: {hint}")));
        }
    }
    let is_wanted = |cue: &Cue| only.is_empty() || only.iter().any(|name| goes_by(cue, name));
    Ok(set.cues.iter().map(is_wanted).collect())
}

/// Its name, its section, or both as they stand in the file.
fn goes_by(cue: &Cue, name: &str) -> bool {
    cue.name == *name
        || cue.section == *name
        // The inner categories of a dictionary.
        || cue.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        || name.strip_prefix(&cue.section[..]).is_some_and(|rest| rest.strip_prefix('.') == Some(&cue.name[..]))
}

/// A cue's section and name, as they are shown.
fn full_name(cue: &Cue) -> String {
    match cue.section.is_empty() || cue.name.starts_with(&format!("{}.", cue.section)) {
        true => visible(&cue.name),
        false => format!("{} {}", visible(&cue.section), visible(&cue.name)),
    }
}

/// The word classes, as a file defines them.
fn classes(set: &CueSet) -> String {
    let lines = set.classes.iter().map(|(name, entries)| format!("{name} = {:?}\n", visible(&entries.join(" "))));
    format!("[classes]\n{}", lines.collect::<String>())
}

/// How the wanted cues are written, with their examples.
fn definitions(loaded: &Loaded) -> String {
    let mut out = String::new();
    for (cue, _) in loaded.set.cues.iter().zip(&loaded.wanted).filter(|(_, wanted)| **wanted) {
        out += &format!("{}\n", full_name(cue));
        cue.patterns.iter().for_each(|pattern| out += &format!("  {}\n", visible(pattern)));
        cue.hits.iter().for_each(|hit| out += &format!("    hit:  {}\n", visible(hit)));
        cue.misses.iter().for_each(|miss| out += &format!("    miss: {}\n", visible(miss)));
    }
    out
}

/// Says that example sentences of a cue file do not do what it says.
pub fn warn_of_misses(set: &CueSet, matcher: &Matcher, path: &str, language: Language, remarks: Remarks) {
    let misses = set.misses(matcher, language);
    if !misses.is_empty() {
        remarks.warn(format_args!(
            "{path}: {} {} not as the file says\nhint: `rhetor cues {}` shows them",
            misses.len(),
            plural(misses.len() as u64, "example sentence is", "example sentences are"),
            shell(path)
        ));
    }
}

fn report_misses(loaded: &Loaded, misses: &[Miss], file: &Path, remarks: Remarks) {
    for Miss { cue, sentence, line, by } in misses.iter().take(SHOWN) {
        let (file, name) = (file.display(), &loaded.set.cues[*cue as usize].name);
        let shown = visible(sentence);
        remarks.fail(match by {
            None => format!("{file}:{line}: cue {name:?} does not match its example: {shown}"),
            Some(Culprit { pattern, span }) => format!(
                "{file}:{line}: cue {name:?} matches its near miss: {shown}\n    {}: {}",
                visible(pattern),
                visible(token::whole_in(*span, sentence).of(sentence))
            ),
        });
    }
    if misses.len() > SHOWN {
        remarks.fail(format_args!("… and {} examples more", misses.len() - SHOWN));
    }
}

fn summary(loaded: &Loaded, misses: usize) -> String {
    let set = &loaded.set;
    let examples: usize = set.cues.iter().map(|cue| cue.hits.len() + cue.misses.len()).sum();
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    for cue in &set.cues {
        match sections.iter_mut().find(|(name, ..)| *name == cue.section) {
            Some((_, cues, patterns)) => (*cues, *patterns) = (*cues + 1, *patterns + cue.patterns.len()),
            None => sections.push((&cue.section, 1, cue.patterns.len())),
        }
    }
    let width = width(sections.iter().map(|(name, ..)| visible(name)), 12);
    let mut out = format!("{:<width$}  cues  patterns\n", "");
    for (name, cues, patterns) in sections {
        let name = cell(if name.is_empty() { "(no section)".into() } else { visible(name) });
        out += &format!("{name:<width$}  {cues:>4}  {patterns:>8}\n");
    }
    let holds = match misses {
        0 => "all as the file says".to_owned(),
        wrong => format!("{wrong} not as the file says"),
    };
    let (cues, classes) = (set.cues.len(), set.classes.len());
    let count = |n: usize, one, many| counted(n as u64, one, many);
    let (cues, classes) = (count(cues, "cue", "cues"), count(classes, "word class", "word classes"));
    out + &format!("{cues}, {classes}, {}: {holds}\n", count(examples, "example sentence", "example sentences"))
}
