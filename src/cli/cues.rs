//! `rhetor cues`: is a cue file sound, where do its cues match, and what does a match tell?

mod association;
mod shown;

use std::path::Path;

use rhetor::corpus;
use rhetor::features::cues::{self, CueSet, Matcher, Miss};
use rhetor::text::stem::Language;
use rhetor::text::visible;

use super::args::{Cues, Shared};
use super::{DONE, FAILED, Remarks, inputs, train};

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
    let loaded = load(args, remarks)?;
    let misses = loaded.set.misses(&loaded.matcher, args.language);
    report_misses(&loaded, &misses, &args.file, remarks);
    let mut status = if misses.is_empty() { DONE } else { FAILED };
    if args.paths.is_empty() && args.labelled.is_empty() {
        summary(&loaded, misses.len());
    }
    if !args.paths.is_empty() {
        let (files, all_found) = inputs::files(&args.paths, &[], remarks)?;
        let all_read = shown::matches(&loaded, args, shared, &files, remarks)?;
        if !(all_found && all_read) {
            status = FAILED;
        }
    }
    if !args.labelled.is_empty() {
        let data: Vec<_> = args.labelled.iter().map(|path| path.to_string_lossy()).collect();
        let corpus = corpus::read(&data, &train::read_options(&args.input))?;
        train::report_reading(&corpus, remarks);
        association::print(&loaded, args, &corpus)?;
    }
    Ok(status)
}

fn load(args: &Cues, remarks: Remarks) -> anyhow::Result<Loaded> {
    let path = args.file.to_string_lossy();
    let set = read(&path, args.language, remarks)?;
    let matcher = set.matcher(args.language, &path)?;
    let wanted = wanted(&set, &args.only)?;
    Ok(Loaded { set, matcher, wanted })
}

/// The cues of a file, or the program's own; every pattern can be read.
pub fn read(path: &str, language: Language, remarks: Remarks) -> anyhow::Result<CueSet> {
    if path == cues::BUILTIN {
        return Ok(cues::builtin());
    }
    let read = cues::read(path)?;
    read.remarks.iter().for_each(|remark| remarks.warn(format_args!("{path}: {remark}")));
    read.cues.matcher(language, path)?;
    Ok(read.cues)
}

fn wanted(set: &CueSet, only: &[String]) -> anyhow::Result<Vec<bool>> {
    for name in only {
        if !set.cues.iter().any(|cue| cue.name == *name || cue.section == *name) {
            let names = set.cues.iter().flat_map(|cue| [&cue.name[..], &cue.section[..]]);
            let hint = rhetor::codebook::nearest(name, names)
                .map_or("run without --only to see all".into(), |near| format!("did you mean {near}?"));
            anyhow::bail!("there is no cue or section {name:?}\nhint: {hint}");
        }
    }
    let is_wanted = |cue: &cues::Cue| only.is_empty() || only.contains(&cue.name) || only.contains(&cue.section);
    Ok(set.cues.iter().map(is_wanted).collect())
}

fn report_misses(loaded: &Loaded, misses: &[Miss], file: &Path, remarks: Remarks) {
    for miss in misses.iter().take(SHOWN) {
        let cue = &loaded.set.cues[miss.cue as usize];
        let what = if miss.matched { "matches its near miss" } else { "does not match its example" };
        let line = cue.lines.last().copied().unwrap_or(1);
        remarks.fail(format_args!("{}:{line}: cue {:?} {what}: {}", file.display(), cue.name, visible(&miss.sentence)));
    }
    if misses.len() > SHOWN {
        remarks.fail(format_args!("… and {} examples more", misses.len() - SHOWN));
    }
}

fn summary(loaded: &Loaded, misses: usize) {
    let set = &loaded.set;
    let examples: usize = set.cues.iter().map(|cue| cue.hits.len() + cue.misses.len()).sum();
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    for cue in &set.cues {
        match sections.iter_mut().find(|(name, ..)| *name == cue.section) {
            Some((_, cues, patterns)) => (*cues, *patterns) = (*cues + 1, *patterns + cue.patterns.len()),
            None => sections.push((&cue.section, 1, cue.patterns.len())),
        }
    }
    let width = sections.iter().map(|(name, ..)| visible(name).chars().count()).max().unwrap_or(0);
    println!("{:<width$}  cues  patterns", "");
    for (name, cues, patterns) in sections {
        println!("{:<width$}  {cues:>4}  {patterns:>8}", visible(name));
    }
    let holds = match misses {
        0 => "all as the file says".to_owned(),
        wrong => format!("{wrong} not as the file says"),
    };
    println!("{} cues, {} word classes, {examples} example sentences: {holds}", set.cues.len(), set.classes.len());
}
