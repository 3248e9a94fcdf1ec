//! A scratch folder with files in it, and the program run there.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Every command that users are shown.
pub const COMMANDS: [&str; 12] = [
    "train",
    "classify",
    "evaluate",
    "inspect",
    "labels",
    "cues",
    "suggest",
    "agree",
    "estimate",
    "annotate",
    "convert",
    "completions",
];

/// Whether the test can go on; without its tool it fails where `RHETOR_REQUIRE_ALL` is set.
pub fn have(tool: &str, found: bool) -> bool {
    assert!(
        found || std::env::var_os("RHETOR_REQUIRE_ALL").is_none(),
        "{tool} is missing, and RHETOR_REQUIRE_ALL is set"
    );
    if !found {
        println!("SKIPPED: {tool} is missing");
    }
    found
}

pub struct Desk {
    folder: TempDir,
}

/// What a run of the program said.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
    folder: PathBuf,
}

impl Desk {
    pub fn new() -> Self {
        Desk { folder: tempfile::tempdir().expect("a scratch folder can be made") }
    }

    /// A desk with one file on it.
    pub fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        Desk::new().and(name, text)
    }

    /// The desk with another file on it.
    pub fn and(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A desk with a small trained model, `m`, of the labels `blame`, `call` and `threat`.
    pub fn with_model() -> Self {
        let desk = Desk::with("train.csv", LABELLED);
        desk.run("train train.csv -o m --cues none").ok();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A command of the program, its arguments parted by blanks.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhetor"));
        command
            .args(args.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("RHETOR_MODEL");
        command
    }

    pub fn run(&self, args: &str) -> Ran {
        self.run_with(args, "")
    }

    /// Runs with the bytes on standard input.
    pub fn run_with(&self, args: &str, input: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let input = input.as_ref().to_vec();
        let writer = std::thread::spawn(move || {
            // A program that ends early has read enough.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().expect("the program ends");
        writer.join().unwrap();
        self.ran(output)
    }

    /// What a run that somebody else began said.
    pub fn ran(&self, output: Output) -> Ran {
        Ran {
            stdout: String::from_utf8(output.stdout).expect("the program writes UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("the program writes UTF-8"),
            status: output.status.code().unwrap_or(-1),
            folder: self.folder.path().into(),
        }
    }
}

impl Ran {
    /// The run ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self
    }

    /// The run ended with this status.
    #[track_caller]
    pub fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Standard error holds these words.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "no {words:?} in:\n{}", self.stderr);
        self
    }

    /// Standard error does not hold these words.
    #[track_caller]
    pub fn says_not(self, words: &str) -> Self {
        assert!(!self.stderr.contains(words), "{words:?} in:\n{}", self.stderr);
        self
    }

    /// Standard output holds these words.
    #[track_caller]
    pub fn prints(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "no {words:?} in:\n{}", self.stdout);
        self
    }

    /// The file is there and not empty.
    #[track_caller]
    pub fn wrote(self, name: &str) -> Self {
        assert!(fs::metadata(self.folder.join(name)).is_ok_and(|file| file.len() > 0), "{name} was not written");
        self
    }

    /// The file is not there.
    #[track_caller]
    pub fn left_out(self, name: &str) -> Self {
        assert!(!self.folder.join(name).exists(), "{name} was written");
        self
    }

    /// Each line of standard output as JSON.
    #[track_caller]
    pub fn records(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Standard output is the golden file of that name; `RHETOR_BLESS=1` writes it anew.
    #[track_caller]
    pub fn matches(self, name: &str) -> Self {
        golden(name, &self.stdout);
        self
    }
}

/// The text is the golden file of that name; `RHETOR_BLESS=1` writes it anew.
#[track_caller]
pub fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("RHETOR_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name} differs; if that is right, `just bless` and review the change");
}

/// Sentences of three labels, none, or two, in documents.
pub const LABELLED: &str = "\
text,labels,group
The strike happened because head office broke its word,blame,a
The flooding is the fault of those who sold the embankment,blame,a
Nobody but the contractor is to blame for the leak,blame,b
It was the previous council that left us this debt,blame,b
This shortage was caused by the ministry and by nobody else,blame,c
The crash is the fault of the firm that skipped the checks,blame,c
Sign the petition before the meeting,call,a
Write to your councillor and ask for the minutes,call,b
Let us all march to the town hall,call,b
Congress should vote this bill down,call,c
Join the union and stand with your colleagues,call,d
Vote for the amendment and send it back,call,d
If you cross this line you will regret it,threat,a
Anyone who talks will pay a price,threat,a
We will make them pay for what they did,threat,b
Pay by Friday or you will be evicted,threat,c
Those who strike will be dismissed and will not return,threat,d
Next time we will not be so patient and you will suffer,threat,d
\"The firm caused the leak, and it will pay for it\",blame|threat,d
\"They ruined the harbour, so vote them out\",blame|call,d
The meeting starts at seven in the town hall,,a
The council approved the minutes of the last meeting,,a
The bridge was closed for repairs in May,,b
The contractor sent an invoice for the embankment,,b
The ministry publishes its figures every month,,c
The bill was read a second time,,c
The firm employs forty people in the harbour,,d
The union elected a new secretary on Friday,,d
A price of two pounds was agreed,,c
The petition was handed to the councillor,,c
";

/// The page of the project holds these tables between its marks; `RHETOR_BLESS=1` writes them anew.
#[track_caller]
pub fn tables_of(page: &str, tables: &str) {
    const MARKS: [&str; 2] = ["<!-- tables: made by `just bless` -->\n", "<!-- end of tables -->"];
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).expect("the page has its marks");
    let (_, after) = rest.split_once(MARKS[1]).expect("the page has both marks");
    let made = format!("{before}{}{tables}{}{after}", MARKS[0], MARKS[1]);
    if std::env::var_os("RHETOR_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(made == text || std::env::var_os("RHETOR_BLESS").is_some(), "{page}: run `just bless`");
}

/// Pseudo-random numbers that are the same in every run.
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
