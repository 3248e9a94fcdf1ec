//! How a framing is marked by more than colour: two letters, and the style of its line.

use std::collections::HashSet;

/// Colours of the palette in `style.css`; further labels begin anew, and their codes tell them apart.
pub const TINTS: usize = 12;

/// The colours on a light page, `--s0` to `--s11`, as red, green and blue: what a terminal shows labels in, upon it as `--page`.
pub const PALETTE: [(u8, u8, u8); TINTS] = [
    (0x4b, 0x58, 0x66),
    (0xa3, 0x44, 0x00),
    (0x0a, 0x70, 0x40),
    (0x8f, 0x1a, 0x5b),
    (0x25, 0x63, 0xc9),
    (0x6a, 0x3d, 0xa3),
    (0x24, 0x35, 0x7f),
    (0x69, 0x64, 0x00),
    (0xbb, 0x1f, 0x2f),
    (0x00, 0x6f, 0x86),
    (0xa2, 0x4c, 0x7d),
    (0x0d, 0x5c, 0x94),
];
pub const PAGE: (u8, u8, u8) = (0xfd, 0xfc, 0xf9);

/// The same among the 256 colours that nearly every terminal has (xterm: a cube of 6 × 6 × 6 from 16 on, then greys): those that look most alike,
/// all different, and none too light for white upon it.
pub const PALETTE_256: [u8; TINTS] = [240, 130, 29, 89, 26, 98, 18, 58, 124, 24, 96, 25];
pub const WHITE_256: u8 = 231;

/// A code of two characters for each name, all different: the first letter with the second, or else with a later one, or
/// with a number.
pub fn codes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let code = candidates(name).find(|code| !taken.contains(code)).unwrap_or_default();
            taken.insert(code.clone());
            code
        })
        .collect()
}

/// Without end, so that one is always free.
fn candidates(name: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let first = letters.first().copied().unwrap_or('?');
    let lone = (letters.len() < 2).then(|| first.to_string());
    let later: Vec<char> = letters.into_iter().skip(1).collect();
    let with_letter = later.into_iter().map(move |letter| format!("{first}{letter}"));
    lone.into_iter().chain(with_letter).chain((2..).map(move |number: u64| format!("{first}{number}")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_two_letters_that_people_guess() {
        let names = ["blame-shifting", "call-to-action", "delegitimization", "denial", "threat", "4 stars", "", "D"];
        assert_eq!(codes(names.into_iter()), ["BL", "CA", "DE", "DN", "TH", "4S", "?", "D"]);
    }

    /// The colours of `style.css` by name, in red, green and blue from 0 to 1: light, dark, on paper.
    fn palettes() -> Vec<HashMap<String, [f64; 3]>> {
        let style = include_str!("style.css");
        let block = |block: &str| {
            let colors = block.split_once('}').unwrap().0.split(';').filter_map(|line| line.trim().split_once(": #"));
            let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            colors.map(|(name, hex)| (name.to_owned(), [0, 2, 4].map(|at| channel(hex, at)))).collect()
        };
        style.split(":root {").skip(1).map(block).collect()
    }

    /// sRGB → linear light (IEC 61966-2-1).
    fn linear(color: [f64; 3]) -> [f64; 3] {
        color.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    }

    /// WCAG 2.2, contrast ratio: 1 to 21.
    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let luminance = |color| {
            let [r, g, b] = linear(color);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn a_terminal_has_the_colours_of_a_light_page() {
        let share = |(r, g, b): (u8, u8, u8)| [r, g, b].map(|c| f64::from(c) / 255.0);
        let light = &palettes()[0];
        assert_eq!(light["--page"], share(PAGE));
        // Red, green and blue of a step of the cube: 0, 95, 135 and so on.
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        let of_256 = |at: u8| match at {
            232.. => (8 + 10 * (at - 232), 8 + 10 * (at - 232), 8 + 10 * (at - 232)),
            _ => (level((at - 16) / 36), level((at - 16) / 6 % 6), level((at - 16) % 6)),
        };
        for (n, (color, of_few)) in PALETTE.into_iter().zip(PALETTE_256).enumerate() {
            assert_eq!(light[&format!("--s{n}")], share(color), "--s{n}");
            assert!(contrast(share(of_256(of_few)), share(of_256(WHITE_256))) >= 4.5, "{n} of 256 colours");
        }
        assert_eq!(PALETTE_256.into_iter().collect::<HashSet<_>>().len(), TINTS);
    }

    #[test]
    fn every_pair_of_colours_that_meet_has_the_contrast_of_wcag_aa() {
        assert_eq!(contrast([0.0; 3], [1.0; 3]), 21.0);
        let palettes = palettes();
        assert_eq!(palettes.len(), 3);
        for colors in &palettes {
            let of = |name: &str| colors[name];
            for ground in ["--page", "--panel"] {
                for ink in ["--ink", "--soft", "--link"] {
                    assert!(contrast(of(ink), of(ground)) >= 4.5, "{ink} on {ground}");
                }
                for n in 0..TINTS {
                    // Codes are written in it, or in the page's colour upon it.
                    assert!(contrast(of(&format!("--s{n}")), of(ground)) >= 4.5, "--s{n} on {ground}");
                }
            }
            for n in 0..TINTS {
                let (strong, tint) = (of(&format!("--s{n}")), of(&format!("--t{n}")));
                assert!(contrast(of("--ink"), tint) >= 7.0, "text on --t{n}");
                // Lines are no text: 3 is enough.
                assert!(contrast(strong, tint) >= 3.0, "--s{n} on --t{n}");
            }
        }
    }

    /// How a colour looks to eyes that lack one kind of cone (Machado, Oliveira & Fernandes 2009, severity 1.0), in linear light.
    const EYES: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    /// CIE L*a*b* (1976) of linear sRGB, white D65.
    fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn two_labels_with_the_same_line_differ_in_colour_to_all_eyes() {
        const LINES: usize = 4;
        for colors in &palettes() {
            for (a, b) in (0..TINTS).flat_map(|a| (0..a).map(move |b| (a, b))).filter(|(a, b)| a % LINES == b % LINES) {
                for eye in &EYES {
                    let seen = |n: usize| {
                        let color = linear(colors[&format!("--s{n}")]);
                        lab(eye.map(|row| row.iter().zip(color).map(|(m, c)| m * c).sum::<f64>().clamp(0.0, 1.0)))
                    };
                    let distance = seen(a).iter().zip(seen(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    // Some two is the least that anyone sees.
                    assert!(distance >= 20.0, "{a} and {b}: {distance}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn codes_never_repeat(names in prop::collection::vec(".{0,6}", 0..60)) {
            let codes = codes(names.iter().map(String::as_str));
            prop_assert_eq!(codes.iter().collect::<HashSet<_>>().len(), names.len());
        }
    }
}
