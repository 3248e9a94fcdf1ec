//! The terminal: taken over while one labels, and given back however that ends.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, stdin, stdout};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

use super::session::Key;

/// How long one waits for a key before looking whether something else has happened.
const PATIENCE: Duration = Duration::from_millis(50);

/// Where keys come from if standard input is the pool.
const TTY: &str = "/dev/tty";

/// Whether there is a terminal to draw on and to read keys from. Keys come from `/dev/tty` where standard input is the pool.
pub fn is_there() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let has_keys = || stdin().is_terminal() || File::open(TTY).is_ok();
    stdout().is_terminal() && !is_dumb && has_keys()
}

/// What comes from the terminal.
pub enum Input {
    Key(Key),
    Paste(String),
    /// The screen must be drawn anew.
    Resized,
    /// Ctrl-C, or a signal of that number.
    Ended(usize),
    Nothing,
}

/// A screen of our own. Dropped, it gives the terminal back.
pub struct Screen {
    /// Never dropped: it would show the cursor, and panic where the window is closed and cannot even be told so.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// Open where standard input is no keyboard.
    keyboard: Option<File>,
    /// The signal that ends the run; 0 for none.
    signal: Arc<AtomicUsize>,
    /// `crossterm` may have read more of a burst than it has handed on; the line shows nothing of that.
    may_have_more: bool,
    /// A key that came so fast behind Escape that the two were taken for one with Alt.
    behind_escape: Option<Key>,
}

/// The terminal is ours, and a panic of the drawing thread must give it back before it prints.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

impl Screen {
    /// Takes the terminal over.
    pub fn take() -> io::Result<Screen> {
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGHUP, SIGINT, SIGTERM] {
            flag::register_usize(number, signal.clone(), number as usize)?;
        }
        let drawing = std::thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // A panic in the background is told as a failed training; its words would run over the screen.
            if std::thread::current().id() == drawing {
                give_back();
                before(panic);
            } else if !IS_TAKEN.load(Ordering::SeqCst) {
                before(panic);
            }
        }));
        let keyboard = if stdin().is_terminal() { None } else { Some(File::open(TTY)?) };
        enter()?;
        // From here on `crossterm` hears of new sizes: before it is first asked, it would miss them.
        event::poll(Duration::ZERO).inspect_err(|_| give_back())?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| give_back())?;
        watch(match &keyboard {
            Some(keyboard) => keyboard.as_fd().try_clone_to_owned()?,
            None => stdin().as_fd().try_clone_to_owned()?,
        });
        Ok(Screen {
            terminal: ManuallyDrop::new(terminal),
            keyboard,
            signal,
            may_have_more: false,
            behind_escape: None,
        })
    }

    /// Draws; or says with which signal a terminal that takes nothing more has ended.
    pub fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame)) -> Result<(), usize> {
        self.terminal.draw(draw).map(|_| ()).map_err(|_| self.ended_by())
    }

    /// What comes next; waits a moment.
    pub fn next(&mut self) -> Input {
        match self.signal.load(Ordering::SeqCst) {
            0 => self.wait().unwrap_or_else(|_| Input::Ended(self.ended_by())),
            number => Input::Ended(number),
        }
    }

    /// A terminal that neither gives nor takes anything is gone, whether or not a signal has said so yet.
    fn ended_by(&self) -> usize {
        match self.signal.load(Ordering::SeqCst) {
            0 => SIGHUP as usize,
            number => number,
        }
    }

    fn wait(&mut self) -> io::Result<Input> {
        if let Some(key) = self.behind_escape.take() {
            return Ok(Input::Key(key));
        }
        self.await_keys(if self.may_have_more { Duration::ZERO } else { PATIENCE })?;
        match event::poll(Duration::ZERO) {
            Ok(has_more) => {
                self.may_have_more = has_more;
                if !has_more {
                    return Ok(Input::Nothing);
                }
            }
            // The signal itself is looked at in the next round.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Input::Nothing),
            Err(error) => return Err(error),
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Release => Input::Nothing,
            Event::Key(KeyEvent { code: KeyCode::Char('c'), modifiers: KeyModifiers::CONTROL, .. }) => {
                Input::Ended(SIGINT as usize)
            }
            Event::Key(KeyEvent { code: KeyCode::Char('z'), modifiers: KeyModifiers::CONTROL, .. }) => {
                self.pause()?;
                Input::Resized
            }
            Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers: KeyModifiers::ALT, .. }) => {
                self.behind_escape = Some(Key::Char(c));
                Input::Key(Key::Escape)
            }
            Event::Key(key) => meant(key).map_or(Input::Nothing, Input::Key),
            Event::Paste(text) => Input::Paste(text),
            Event::Resize(..) => Input::Resized,
            _ => Input::Nothing,
        })
    }

    /// Waits until there is a key, or as long as that; fails where the keyboard is gone. `crossterm` must not be the one that waits: of a line
    /// that was hung up it reads nothing again and again, for ever, if nobody has told us (SIGHUP ignored, or another session).
    fn await_keys(&self, patience: Duration) -> io::Result<()> {
        let stdin = stdin();
        let mut line = [match &self.keyboard {
            Some(keyboard) => PollFd::new(keyboard, PollFlags::IN),
            None => PollFd::new(&stdin, PollFlags::IN),
        }];
        let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
        match rustix::event::poll(&mut line, Some(&patience)) {
            // The signal itself is looked at in the next round, a new size at once.
            Err(rustix::io::Errno::INTR) => {}
            done => _ = done?,
        }
        let is_gone = line[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        if is_gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }

    /// Ctrl-Z: the shell has the terminal until it says `fg`.
    fn pause(&mut self) -> io::Result<()> {
        give_back();
        low_level::emulate_default_handler(SIGTSTP)?;
        enter()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Ends the program where the line is hung up while `crossterm` reads from it, which reads nothing again and again then. Who notices it otherwise has time to end in
/// order; each answer is on disk by now.
fn watch(line: OwnedFd) {
    const GRACE: Duration = Duration::from_secs(2);
    // Where no thread is to be had, it goes without.
    let _ = std::thread::Builder::new().spawn(move || {
        let mut watched = [PollFd::new(&line, PollFlags::empty())];
        while rustix::event::poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        if watched[0].revents().contains(PollFlags::HUP) {
            std::thread::sleep(GRACE);
            if IS_TAKEN.load(Ordering::SeqCst) {
                give_back();
                std::process::exit(128 + SIGHUP);
            }
        }
    });
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste).inspect_err(|_| give_back())
}

/// Whatever fails here, the rest is tried; a terminal that is gone needs nothing back.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
    }
}

/// What a key means. With Ctrl or Alt none of ours means anything.
fn meant(key: KeyEvent) -> Option<Key> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    Some(match key.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
