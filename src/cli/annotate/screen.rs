//! What one sees: the unit with its context, the labels with their keys, and the codebook.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use rhetor::codebook::Codebook;
use rhetor::text::visible;
use textwrap::core::display_width;
use textwrap::{Options, WrapAlgorithm};

use super::pool::{Pool, Unit};
use super::session::{Mode, Prompt, Session};
use super::sheet::State;

/// Texts before and after the unit.
const CONTEXT: usize = 3;

/// The narrowest cell of a label.
const NARROWEST: usize = 8;

/// What the model thinks of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The probability of each label of the session that the model knows, and whether that is enough to give it.
    pub labels: Vec<Option<(f64, bool)>>,
    /// The words that count for what it gives.
    pub words: String,
}

/// All that is drawn.
pub struct Scene<'a> {
    pub session: &'a Session,
    pub pool: &'a Pool,
    pub book: Option<&'a Codebook>,
    /// Asked for, and allowed.
    pub view: Option<&'a View>,
    pub has_color: bool,
    /// What goes on in the background.
    pub background: &'a str,
}

/// Styles that also tell apart without colour.
struct Styles {
    soft: Style,
    strong: Style,
    given: Style,
    bar: Style,
    notice: Style,
}

impl Styles {
    fn new(has_color: bool) -> Self {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let given = bold.add_modifier(Modifier::REVERSED);
        Styles {
            soft: Style::new().add_modifier(Modifier::DIM),
            strong: bold,
            given: if has_color { given.fg(Color::Cyan) } else { given },
            bar: Style::new().add_modifier(Modifier::REVERSED),
            notice: if has_color { bold.fg(Color::Yellow) } else { bold },
        }
    }
}

impl Scene<'_> {
    pub fn draw(&self, frame: &mut Frame) {
        let styles = Styles::new(self.has_color);
        if let Mode::Codebook { label, scroll } = self.session.mode {
            return self.codebook(frame, label, scroll, &styles);
        }
        let area = frame.area();
        let cells = self.cells(area.width as usize, labels_room(area.height), &styles);
        let words = self.view.map(|view| self.words(view)).filter(|words| !words.is_empty() && area.height >= 12);
        let said = self.said(area.width as usize, area.height as usize / 3);
        let heights = [
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(said.len() as u16),
            Constraint::Length(u16::from(words.is_some())),
            Constraint::Length(cells.len() as u16),
            Constraint::Length(1),
        ];
        let [head, body, others, thoughts, labels, foot] = Layout::vertical(heights).areas(area);
        frame.render_widget(Paragraph::new(self.head(head.width as usize)).style(styles.bar), head);
        self.text(frame, body, &styles);
        frame.render_widget(Paragraph::new(said.join("\n")).style(styles.soft), others);
        if let Some(words) = words {
            frame.render_widget(Paragraph::new(fitted(&words, thoughts.width as usize)).style(styles.soft), thoughts);
        }
        frame.render_widget(Paragraph::new(cells), labels);
        self.foot(frame, foot, &styles);
    }

    fn unit(&self) -> &Unit {
        &self.pool.units[self.session.unit()]
    }

    /// What others said of the unit, a line each, unless one is to answer without seeing what anybody thinks.
    fn said(&self, width: usize, room: usize) -> Vec<String> {
        let said = if self.session.rules.is_blind { Vec::new() } else { self.unit().said() };
        said.iter().take(room).map(|line| fitted(&visible(line), width)).collect()
    }

    /// How far one is, and where.
    fn head(&self, width: usize) -> String {
        let (session, unit) = (self.session, self.unit());
        let answer = session.answer(session.unit());
        let mut left = format!(" {}/{} done  #{}", session.count(State::Done), session.len(), session.unit() + 1);
        let states = match answer.state {
            State::Done => ["answered", if answer.unsure { "unsure" } else { "" }],
            State::Skipped => ["skipped", if answer.unsure { "unsure" } else { "" }],
            _ => ["", if answer.unsure { "unsure" } else { "" }],
        };
        states.iter().filter(|word| !word.is_empty()).for_each(|word| left += &format!("  {word}"));
        let counts = [(session.count(State::Skipped), "skipped"), (session.unsure(), "unsure")];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let place = if unit.line > 0 { format!("{}:{}", unit.path, unit.line) } else { unit.path.clone() };
        let mut right = visible(&place) + " ";
        for extra in [counts.join(", "), self.background.to_owned()].iter().filter(|extra| !extra.is_empty()) {
            if display_width(&left) + display_width(&right) + display_width(extra) + 6 <= width {
                right = format!("{extra}  {right}");
            }
        }
        if display_width(&left) + display_width(&right) + 2 > width {
            return fitted(&left, width);
        }
        let gap = width - display_width(&left) - display_width(&right);
        format!("{left}{}{right}", " ".repeat(gap))
    }

    /// The unit in the middle, as much of its context around it as there is room for.
    fn text(&self, frame: &mut Frame, area: Rect, styles: &Styles) {
        let (width, room) = ((area.width as usize).max(4), area.height as usize);
        let wrapped = |text: &str| wrap(&visible(text), width - 2);
        let [before, after] = self.pool.context(self.session.unit(), CONTEXT);
        let own = wrapped(&self.unit().text);
        let mut lines: Vec<Line> = Vec::new();
        let around = room.saturating_sub(own.len());
        let soft = |line: String| Line::styled(format!("  {line}"), styles.soft);
        if own.len() < room {
            let before: Vec<String> = before.iter().flat_map(|text| wrapped(text)).collect();
            let after: Vec<String> = after.iter().flat_map(|text| wrapped(text)).collect();
            let above = before.len().min(around.div_ceil(2).max(around.saturating_sub(after.len())));
            lines.extend(before[before.len() - above..].iter().cloned().map(soft));
            lines.extend(own.into_iter().map(|line| Line::styled(format!("▌ {line}"), styles.strong)));
            lines.extend(after.into_iter().take(around - above).map(soft));
        } else {
            // Too long for the screen: it alone, scrolled.
            let from = self.session.scroll.min(own.len() - room);
            let more = own.len() > from + room;
            let shown = own.into_iter().skip(from).take(room).enumerate();
            lines.extend(shown.map(|(at, line)| {
                let mark = if (more && at + 1 == room) || (from > 0 && at == 0) { "⋮" } else { "▌" };
                Line::styled(format!("{mark} {line}"), styles.strong)
            }));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    /// The labels with their keys, in as many columns as it takes.
    fn cells(&self, width: usize, room: usize, styles: &Styles) -> Vec<Line<'static>> {
        let labels = &self.session.rules.labels;
        let names: Vec<String> = labels.iter().map(|label| visible(label)).collect();
        let extra = if self.view.is_some() { 5 } else { 0 };
        let widest = names.iter().map(|name| display_width(name)).max().unwrap_or(0) + 4 + extra;
        let most = (width / NARROWEST).max(1);
        let mut columns = (width / widest.max(1)).clamp(1, most);
        while names.len().div_ceil(columns) > room && columns < most {
            columns += 1;
        }
        let cell = (width / columns).min(widest);
        let rows = names.len().div_ceil(columns);
        let answer = self.session.answer(self.session.unit());
        let mut lines = Vec::new();
        for row in 0..rows.min(room) {
            let mut spans = Vec::new();
            for column in 0..columns {
                // Read down the columns, as a list.
                let at = column * rows + row;
                let Some(name) = names.get(at) else { continue };
                let is_given = answer.labels.contains(&at);
                let key = Session::key_of(at).unwrap_or(':');
                let (p, is_model) = match self.view.and_then(|view| view.labels.get(at).copied().flatten()) {
                    Some((p, gives)) => (format!(" {}", share(p)), gives),
                    None => (" ".repeat(extra), false),
                };
                let room = cell.saturating_sub(4 + extra);
                let name = fitted(name, room);
                let gap = " ".repeat(room.saturating_sub(display_width(&name)));
                let words = format!("{key}{}{name}", if is_given { "●" } else { " " });
                spans.push(Span::styled(words, if is_given { styles.given } else { Style::new() }));
                spans.push(Span::raw(gap));
                spans.push(Span::styled(p, if is_model { styles.notice } else { styles.soft }));
                spans.push(Span::raw("  "));
            }
            lines.push(Line::from(spans));
        }
        if let (true, Some(last)) = (rows > room, lines.last_mut()) {
            *last = Line::styled(fitted(&format!("… {} labels; ? shows all", names.len()), width), styles.soft);
        }
        lines
    }

    fn words(&self, view: &View) -> String {
        visible(&view.words)
    }

    /// What is typed, what one is told, or the keys.
    fn foot(&self, frame: &mut Frame, area: Rect, styles: &Styles) {
        let width = area.width as usize;
        if let Mode::Typing { what, text } = &self.session.mode {
            let ask = match what {
                Prompt::Jump => "go to number: ",
                Prompt::Search => "search: ",
                Prompt::Label => "label: ",
                Prompt::Note => "note: ",
            };
            // The end of a long line is where one types.
            let mut shown = format!("{ask}{}", visible(text));
            while display_width(&shown) + 1 > width && !shown.is_empty() {
                shown.remove(0);
            }
            let at = area.x + display_width(&shown).min(width.saturating_sub(1)) as u16;
            frame.render_widget(Paragraph::new(shown).style(styles.strong), area);
            return frame.set_cursor_position((at, area.y));
        }
        if !self.session.message.is_empty() {
            let message = fitted(&visible(&self.session.message), width);
            return frame.render_widget(Paragraph::new(message).style(styles.notice), area);
        }
        let answer = self.session.answer(self.session.unit());
        let note = if answer.note.is_empty() { String::new() } else { format!("note: {}  ", visible(&answer.note)) };
        let enter = match (answer.labels.is_empty(), self.session.rules.is_single) {
            (true, false) => "Enter none fits",
            (true, true) => "a label first",
            (false, _) => "Enter next",
        };
        let all = format!("{note}{enter}  s skip  u undo  f unsure  n note  m model  g go  / search  ? help  q quit");
        let few = format!("{note}{enter}  s skip  u undo  ? help  q quit");
        let keys = if display_width(&all) <= width { all } else { few };
        frame.render_widget(Paragraph::new(fitted(&keys, width)).style(styles.soft), area);
    }

    fn codebook(&self, frame: &mut Frame, label: Option<usize>, scroll: usize, styles: &Styles) {
        let area = frame.area();
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(area);
        let (title, page) = match label {
            None => (self.book.map_or("Labels and keys".into(), |book| visible(&book.title)), self.overview(styles)),
            Some(label) => (visible(&self.session.rules.labels[label]), self.leaf(label, styles)),
        };
        let width = (area.width as usize).max(4);
        let mut lines: Vec<Line> = Vec::new();
        for (text, indent, style) in page {
            let indented = wrap(&visible(&text), width.saturating_sub(indent).max(2));
            lines.extend(indented.into_iter().map(|line| Line::styled(format!("{}{line}", " ".repeat(indent)), style)));
        }
        let from = scroll.min(lines.len().saturating_sub(body.height as usize));
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(fitted(&format!(" {title}"), width)).style(styles.bar), head);
        let rest = lines.len() - from;
        let shown: Vec<Line> = lines.into_iter().skip(from).take(body.height as usize).collect();
        frame.render_widget(Paragraph::new(shown), body);
        let more = if rest > body.height as usize { "↓ more  " } else { "" };
        let keys = format!("{more}a label's key explains it  ←→ leaf  Esc back");
        frame.render_widget(Paragraph::new(fitted(&keys, width)).style(styles.soft), foot);
    }

    /// Every label in a line, then every key.
    fn overview(&self, styles: &Styles) -> Vec<(String, usize, Style)> {
        let mut page = Vec::new();
        for (at, label) in self.session.rules.labels.iter().enumerate() {
            page.push((format!("{} {label}", Session::key_of(at).unwrap_or(':')), 0, styles.strong));
            if let Some(entry) =
                self.book.and_then(|book| book.find(label)).filter(|entry| !entry.definition.is_empty())
            {
                page.push((entry.definition.clone(), 2, Style::new()));
            }
        }
        page.push((String::new(), 0, Style::new()));
        page.extend(KEYS.iter().map(|(key, does)| (format!("{key:<8}{does}"), 0, Style::new())));
        if let Some(book) = self.book.filter(|book| !book.introduction.is_empty()) {
            page.push((String::new(), 0, Style::new()));
            page.push((book.introduction.clone(), 0, styles.soft));
        }
        page
    }

    /// What a label means, what it looks like, and where it ends.
    fn leaf(&self, label: usize, styles: &Styles) -> Vec<(String, usize, Style)> {
        let name = &self.session.rules.labels[label];
        let Some((book, entry)) = self.book.and_then(|book| book.find(name).map(|entry| (book, entry))) else {
            return vec![("no codebook says what it means (--codebook FILE names one)".into(), 0, styles.soft)];
        };
        let mut page = Vec::new();
        if !entry.definition.is_empty() {
            page.push((format!("The sentence {}", entry.definition), 0, Style::new()));
        }
        let rules: Vec<String> = book.rules_of(name).map(|rule| format!("{}. {}", rule.number, rule.words())).collect();
        let general: Vec<String> =
            book.general_rules().map(|rule| format!("{}. {}", rule.number, rule.words())).collect();
        let parts = [
            ("Performs it", &entry.examples),
            ("Does not", &entry.near_misses),
            ("Rules", &rules),
            ("Rules for all labels", &general),
        ];
        for (heading, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            page.push((String::new(), 0, Style::new()));
            page.push((heading.to_owned(), 0, styles.strong));
            page.extend(lines.iter().map(|line| (line.clone(), 2, Style::new())));
        }
        if !entry.published.is_empty() {
            page.push((String::new(), 0, Style::new()));
            page.push((format!("Published: {}", entry.published), 0, styles.soft));
        }
        page
    }
}

const KEYS: [(&str, &str); 16] = [
    ("1 a A …", "give or take back the label that the key stands before"),
    ("Enter", "the labels that stand there are the answer (none too); on to the next"),
    ("0", "none: take all labels back"),
    (":", "a label by how its name begins"),
    ("s", "skip; comes again at the end"),
    ("u", "undo"),
    ("f", "flag as unsure"),
    ("n", "note"),
    ("m", "what the model thinks, once there is an answer"),
    ("< >", "back and on, also with the arrows"),
    ("g", "go to a number"),
    ("/", "search; empty repeats"),
    (".", "to the next that is unsure or skipped"),
    ("↑ ↓", "scroll a long text"),
    ("Ctrl-Z", "back to the shell for a while"),
    ("q", "quit; all is saved"),
];

/// Rows for the labels: what the text can spare.
fn labels_room(height: u16) -> usize {
    (height.saturating_sub(2) / 2).max(1) as usize
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width.max(1)).wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// Cut to a width, with a sign that it was.
fn fitted(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        if display_width(&cut) + display_width(c.encode_utf8(&mut [0; 4])) + 1 > width {
            break;
        }
        cut.push(c);
    }
    if width > 0 { cut + "…" } else { cut }
}

/// A probability as `.83`.
fn share(p: f64) -> String {
    let text = format!("{p:.2}");
    text.strip_prefix('0').map_or_else(|| text.clone(), |short| format!(" {short}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::session::{Answer, Key, Rules};
    use super::*;

    fn session(labels: &[String], texts: &[&str]) -> Session {
        let rules = Rules { labels: labels.to_vec(), is_single: false, has_view: true, is_blind: false };
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let (answers, queue) = (vec![Answer::default(); texts.len()], (0..texts.len()).collect());
        Session::new(rules, texts, answers, queue, None)
    }

    fn twelve() -> Vec<String> {
        Codebook::builtin().labels.into_iter().map(|entry| entry.name).collect()
    }

    fn drawn(session: &Session, texts: &[&str], view: Option<&View>, (width, height): (u16, u16)) -> Vec<String> {
        let pool = Pool::of(texts);
        let book = Codebook::builtin();
        let scene = Scene { session, pool: &pool, book: Some(&book), view, has_color: false, background: "" };
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| scene.draw(frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect()
    }

    #[test]
    fn the_unit_stands_between_its_neighbours_above_its_labels() {
        let texts = ["First.", "They will pay.", "Last."];
        let mut session = session(&["blame".into(), "threat".into()], &texts);
        session.press(Key::Enter);
        session.press(Key::Char('2'));
        let lines = drawn(&session, &texts, None, (60, 8));
        assert_eq!(lines[0], " 1/3 done  #2                                           a:2");
        assert_eq!(lines[1..4], ["  First.", "▌ They will pay.", "  Last."]);
        assert_eq!(lines[6], "1 blame   2●threat");
        assert_eq!(lines[7], "Enter next  s skip  u undo  ? help  q quit");
    }

    #[test]
    fn twelve_labels_and_a_text_fit_into_forty_by_ten() {
        let texts = ["If you cross this line you will regret it, and so will everybody who stands with you today."];
        let session = session(&twelve(), &texts);
        let lines = drawn(&session, &texts, None, (40, 10));
        let screen = lines.join("\n");
        for key in "123456789abc".chars() {
            assert!(lines[5..9].iter().any(|line| line.contains(&format!("{key} "))), "{key}:\n{screen}");
        }
        assert!(lines[1].starts_with("▌ If you cross") && lines[3].contains("today."), "{screen}");
    }

    #[test]
    fn what_the_model_thinks_stands_beside_each_label() {
        let texts = ["They will pay."];
        let mut session = session(&["blame".into(), "threat".into()], &texts);
        session.press(Key::Char('0'));
        session.press(Key::Char('m'));
        let view = View { labels: vec![Some((0.04, false)), Some((0.83, true))], words: "threat: pay, will".into() };
        let lines = drawn(&session, &texts, Some(&view), (60, 12));
        assert_eq!(lines[10], "1 blame   .04  2 threat  .83", "{lines:#?}");
        assert_eq!(lines[9], "threat: pay, will");
    }

    #[test]
    fn a_text_longer_than_the_screen_is_scrolled() {
        let long = "word ".repeat(200);
        let texts = [&long[..]];
        let mut session = session(&["a".into()], &texts);
        let lines = drawn(&session, &texts, None, (40, 10));
        assert!(lines[1].starts_with('▌') && lines[7].starts_with('⋮'), "{lines:#?}");
        session.press(Key::PageDown);
        assert!(drawn(&session, &texts, None, (40, 10))[1].starts_with('⋮'));
    }

    #[test]
    fn the_codebook_explains_a_label_with_rules_and_examples() {
        let texts = ["a"];
        let mut session = session(&twelve(), &texts);
        session.press(Key::Char('?'));
        assert!(drawn(&session, &texts, None, (80, 60)).join("\n").contains("flag as unsure"));
        session.press(Key::Char('2'));
        let screen = drawn(&session, &texts, None, (80, 60)).join("\n");
        for words in ["blame-shifting", "The sentence puts the responsibility", "Rules", "Performs it", "Does not"] {
            assert!(screen.contains(words), "{words}:\n{screen}");
        }
    }

    #[test]
    fn no_text_can_steer_the_terminal() {
        let texts = ["a\u{1b}[31mred\u{9b}2J\u{7}"];
        let session = session(&["x\u{1b}y".into()], &texts);
        let screen = drawn(&session, &texts, None, (40, 10)).join("\n");
        assert!(screen.contains("a␛[31mred␦2J␇") && screen.contains("x␛y"), "{screen}");
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'));
    }

    proptest! {
        #[test]
        fn any_text_fits_any_screen(
            text in "\\PC{0,60}", labels in prop::collection::btree_set("\\PC{1,12}", 1..70), width in 1..90_u16, height in 1..30_u16,
            keys in prop::collection::vec(prop::sample::select("1?mg:/nf\n".chars().collect::<Vec<_>>()), 0..6)
        ) {
            let labels: Vec<String> = labels.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            let texts = [&text[..], "next"];
            let mut session = session(&labels, &texts);
            for key in keys {
                session.press(if key == '\n' { Key::Enter } else { Key::Char(key) });
            }
            let view = View { labels: vec![Some((0.5, true)); labels.len()], words: text.clone() };
            let lines = drawn(&session, &texts, Some(&view), (width, height));
            prop_assert_eq!(lines.len(), height as usize);
        }
    }
}
