//! A terminal without a window: the program at one end of a pseudo-terminal, and at the other a screen that can be read.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long the program may take to show something; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    /// Closed to hang up.
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    screen: Arc<Mutex<Seen>>,
    /// Reads what the program writes, until nobody listens any more.
    reader: Option<JoinHandle<()>>,
    has_left: Arc<AtomicBool>,
}

/// What the program has written so far.
struct Seen {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

impl Terminal {
    /// Runs the program in a folder on a screen of so many columns and rows, or says why it cannot; without a pseudo-terminal the
    /// test fails where `RHETOR_REQUIRE_ALL` is set.
    pub fn run(folder: &Path, args: &str, (columns, rows): (u16, u16)) -> Option<Terminal> {
        Terminal::run_with(folder, args, (columns, rows), &[])
    }

    pub fn run_with(folder: &Path, args: &str, size: (u16, u16), variables: &[(&str, &str)]) -> Option<Terminal> {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rhetor"));
        command.args(args.split_whitespace());
        variables.iter().for_each(|(name, value)| command.env(name, value));
        Terminal::start(folder, command, size)
    }

    /// Runs the program below a shell that outlives its terminal, and ends with the program's status.
    pub fn run_in_shell(folder: &Path, before: &str, args: &str, size: (u16, u16)) -> Option<Terminal> {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &format!("trap '' HUP; {before} \"$0\" {args}; exit $?"), env!("CARGO_BIN_EXE_rhetor")]);
        Terminal::start(folder, command, size)
    }

    fn start(folder: &Path, mut command: CommandBuilder, size: (u16, u16)) -> Option<Terminal> {
        let pair = match native_pty_system().openpty(pty_size(size)) {
            Ok(pair) => pair,
            Err(error) => {
                assert!(std::env::var_os("RHETOR_REQUIRE_ALL").is_none(), "no pseudo-terminal: {error}");
                println!("SKIPPED: no pseudo-terminal: {error}");
                return None;
            }
        };
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env_remove("RHETOR_MODEL");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let seen = Seen { screen: vt100::Parser::new(number(size.1), number(size.0), 0), bytes: Vec::new() };
        let screen = Arc::new(Mutex::new(seen));
        let seen = screen.clone();
        let has_left = Arc::new(AtomicBool::new(false));
        let left = has_left.clone();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if left.load(Ordering::SeqCst) {
                    break;
                }
                let mut seen = seen.lock().unwrap();
                seen.screen.process(&buffer[..count]);
                seen.bytes.extend(&buffer[..count]);
            }
        });
        let keys = pair.master.take_writer().expect("keys can be pressed");
        Some(Terminal { child, master: Some(pair.master), keys: Some(keys), screen, reader: Some(reader), has_left })
    }

    /// Presses keys; `\r` is Enter, `\x1b` Escape.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        // A program that has ended reads nothing more.
        let _ = self.keys.as_mut().expect("the line is open").write_all(keys.as_bytes());
        self
    }

    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().screen.screen().contents()
    }

    /// Everything that the program wrote, with its commands to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        self.screen.lock().unwrap().bytes.clone()
    }

    /// The program has the screen for itself, as opposed to the lines of the shell.
    pub fn is_taken(&self) -> bool {
        self.screen.lock().unwrap().screen.screen().alternate_screen()
    }

    /// The screen shows these words, or will do so shortly.
    #[track_caller]
    pub fn shows(&mut self, words: &str) -> &mut Self {
        let start = Instant::now();
        while !self.screen().contains(words) {
            assert!(start.elapsed() < PATIENCE, "no {words:?} on the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    #[track_caller]
    pub fn shows_not(&mut self, words: &str) -> &mut Self {
        assert!(!self.screen().contains(words), "{words:?} on the screen:\n{}", self.screen());
        self
    }

    pub fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        self.screen.lock().unwrap().screen.screen_mut().set_size(number(size.1), number(size.0));
        self.master.as_ref().expect("the line is open").resize(pty_size(size)).expect("a terminal can be resized");
        self
    }

    /// Sends a signal by its name, such as `KILL`.
    pub fn signal(&mut self, name: &str) -> &mut Self {
        let process = self.child.process_id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().expect("kill is everywhere");
        assert!(sent.success());
        self
    }

    /// The window is closed.
    pub fn hang_up(&mut self) -> &mut Self {
        self.has_left.store(true, Ordering::SeqCst);
        // The reader holds the line too, and lets go when it hears something.
        self.press("?");
        let _ = self.reader.take().map(JoinHandle::join);
        (self.keys, self.master) = (None, None);
        self
    }

    /// The status with which the program ends by itself; 128 and more for a signal that ended it. All that it wrote has been read then.
    #[track_caller]
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        let mut ended = None;
        loop {
            ended = ended.or_else(|| self.child.try_wait().expect("it is our child"));
            // Nobody holds the other end of the line any more, so the reader comes to its end; on a busy machine it takes its time.
            if let Some(status) = &ended
                && self.reader.as_ref().is_none_or(JoinHandle::is_finished)
            {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end; the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).expect("a screen has rows and columns")
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}
