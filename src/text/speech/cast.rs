//! Who speaks in a document, each person once: `Maria Lang` goes on as `Ms Lang` or `Lang`.

use std::collections::{BTreeMap, HashMap};

use super::lexicon::{Class, ENGLISH};
use super::phrase::{Gender, given_name};

/// Whoever is named as a speaker in one document. A short name is taken for the person with the full one while only one person there
/// bears it; two of that name, or a *Mr* beside a *Ms*, keep their short names apart.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    members: BTreeMap<Member, Person>,
    /// By surname, or of what is no person's name the whole in lower case.
    index: HashMap<String, Vec<Member>>,
    next: u64,
}

/// Somebody in a [`Cast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member(u64);

#[derive(Clone, Debug)]
struct Person {
    /// As the document first has it in full.
    name: String,
    key: String,
    given: Option<String>,
    sex: Option<Sex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sex {
    He,
    She,
}

/// A person's name in its parts; a bare surname has nothing else.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    surname: &'a str,
    given: Option<&'a str>,
    sex: Option<Sex>,
}

impl Cast {
    /// Who it is; a name that is new makes a new member.
    pub fn member(&mut self, name: &str) -> Member {
        let Some(parts) = Parts::of(name) else {
            let key = name.to_lowercase();
            return self.find(&key).first().copied().unwrap_or_else(|| self.add(name, key, None, None));
        };
        let known: Vec<Member> = self.find(parts.surname).to_vec();
        let fitting: Vec<Member> = known.iter().copied().filter(|member| self.members[member].fits(&parts)).collect();
        let exact = |member: &Member| self.members[member].name == name;
        match fitting[..] {
            [one] if parts.given.is_some() || !self.is_contested(&known, &parts) => {
                self.members.get_mut(&one).expect("the index holds members").learn(name, &parts);
                one
            }
            _ => {
                known.iter().copied().find(exact).unwrap_or_else(|| {
                    self.add(name, parts.surname.to_owned(), parts.given.map(str::to_owned), parts.sex)
                })
            }
        }
    }

    /// The fullest name of a member that the document has.
    pub fn name(&self, member: Member) -> &str {
        self.members.get(&member).map_or("", |person| &person.name)
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Forgets all others.
    pub fn retain(&mut self, kept: impl Fn(Member) -> bool) {
        self.members.retain(|member, _| kept(*member));
        self.index.values_mut().for_each(|members| members.retain(|member| kept(*member)));
        self.index.retain(|_, members| !members.is_empty());
    }

    /// Whether a short name may be that of several: it has no title, and of those who bear it some are men and some are women.
    fn is_contested(&self, known: &[Member], parts: &Parts) -> bool {
        let has = |sex: Sex| known.iter().any(|member| self.members[member].sex == Some(sex));
        parts.sex.is_none() && has(Sex::He) && has(Sex::She)
    }

    fn find(&self, key: &str) -> &[Member] {
        self.index.get(key).map_or(&[], |members| members)
    }

    fn add(&mut self, name: &str, key: String, given: Option<String>, sex: Option<Sex>) -> Member {
        let member = Member(self.next);
        self.next += 1;
        self.index.entry(key.clone()).or_default().push(member);
        self.members.insert(member, Person { name: name.to_owned(), key, given, sex });
        member
    }
}

impl Person {
    fn fits(&self, parts: &Parts) -> bool {
        let is_initial = |name: &str| name.trim_end_matches('.').chars().count() == 1;
        let same_given = match (self.given.as_deref(), parts.given) {
            (Some(own), Some(other)) if is_initial(own) || is_initial(other) => {
                own.chars().next() == other.chars().next()
            }
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let same_sex = self.sex.is_none() || parts.sex.is_none() || self.sex == parts.sex;
        self.key == parts.surname && same_given && same_sex
    }

    /// A full name is better than a short one, and one with a title better than one without.
    fn learn(&mut self, name: &str, parts: &Parts) {
        let is_fuller = match (&self.given, parts.given) {
            (None, Some(_)) => true,
            (None, None) => self.name == self.key && name != self.key,
            _ => false,
        };
        if is_fuller {
            self.name = name.to_owned();
        }
        self.given = self.given.take().or(parts.given.map(str::to_owned));
        self.sex = self.sex.or(parts.sex);
    }
}

impl<'a> Parts<'a> {
    /// `None` if it is not plainly a person's name: `the BBC`, `the harbour master`, `the Bank of England`.
    fn of(name: &'a str) -> Option<Self> {
        let words: Vec<&str> = name.split_whitespace().collect();
        let class = |word: &str| ENGLISH.head(ENGLISH.find(word.trim_end_matches('.'))).class;
        let role = Class::TITLE.and(Class::PEOPLE);
        let is_name = |word: &&&str| {
            word.starts_with(char::is_uppercase) && !class(word).has(role.and(Class::DETERMINER).and(Class::POSSESSIVE))
                || class(word).has(Class::PARTICLE)
        };
        let core = words.len() - words.iter().rev().take_while(is_name).count();
        let core = core + words[core..].iter().take_while(|word| !word.starts_with(char::is_uppercase)).count();
        let (lead, own) = words.split_at(core.min(words.len()));
        let surname = own.last().filter(|word| word.chars().count() > 1 && !word.contains(['\'', '’', ',']))?;
        let last_of_lead = lead.iter().rev().find(|word| !class(word).has(Class::PARTICLE));
        if last_of_lead.is_some_and(|last| !class(last).has(role)) {
            return None;
        }
        let of = |sex: Class| lead.iter().any(|word| class(word).has(sex));
        let given = own.first().filter(|_| own.len() > 1).copied();
        let by_name = given.and_then(given_name);
        let sex = match (of(Class::HE), of(Class::SHE)) {
            (true, false) => Some(Sex::He),
            (false, true) => Some(Sex::She),
            _ if by_name == Some(Gender::He) => Some(Sex::He),
            _ if by_name == Some(Gender::She) => Some(Sex::She),
            _ => None,
        };
        Some(Parts { surname, given, sex })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Names one after the other → under which name each is counted in the end.
    fn counted(names: &[&str]) -> Vec<String> {
        let mut cast = Cast::default();
        let members: Vec<Member> = names.iter().map(|name| cast.member(name)).collect();
        members.into_iter().map(|member| cast.name(member).to_owned()).collect()
    }

    #[test]
    fn a_full_name_and_its_short_forms_are_one_person() {
        assert_eq!(counted(&["Maria Lang", "Lang", "Ms Lang", "Maria Lang"]), ["Maria Lang"; 4]);
        assert_eq!(counted(&["Lang", "Ms Lang"]), ["Ms Lang"; 2]);
        assert_eq!(counted(&["Lang", "Dr. Maria Lang", "M. Lang"]), ["Dr. Maria Lang"; 3]);
        assert_eq!(counted(&["Ursula von der Leyen", "Mrs von der Leyen"]), ["Ursula von der Leyen"; 2]);
    }

    #[test]
    fn a_short_name_that_two_bear_is_nobody_elses() {
        let names = ["Maria Lang", "Peter Lang", "Lang", "Mr Lang"];
        assert_eq!(counted(&names)[..3], ["Maria Lang", "Peter Lang", "Lang"]);
        assert_eq!(counted(&["Mr Lang", "Ms Lang", "Lang"]), ["Mr Lang", "Ms Lang", "Lang"]);
        assert_eq!(counted(&["Peter Lang", "Ms Lang"]), ["Peter Lang", "Ms Lang"]);
        assert_eq!(counted(&["Maria Lang", "Peter Lang", "Ms Lang"]), ["Maria Lang", "Peter Lang", "Maria Lang"]);
    }

    #[test]
    fn what_is_no_persons_name_stands_for_itself() {
        let names = ["the Bank of England", "England", "the union", "the Union", "the BBC", "BBC"];
        let expected = ["the Bank of England", "England", "the union", "the union", "the BBC", "BBC"];
        assert_eq!(counted(&names), expected);
    }

    proptest! {
        #[test]
        fn any_names_have_a_place_and_are_forgotten(
            names in prop::collection::vec("(Mr |Ms |the |Dr\\. )?(Maria |M\\. |von )?(Lang|Roth|union|É|'s)?", 0..30),
        ) {
            let mut cast = Cast::default();
            let members: Vec<Member> = names.iter().map(|name| cast.member(name)).collect();
            prop_assert!(cast.len() <= names.len());
            for (name, member) in names.iter().zip(&members) {
                prop_assert!(name.is_empty() || !cast.name(*member).is_empty());
            }
            cast.retain(|_| false);
            prop_assert!(cast.is_empty() && cast.index.is_empty());
        }
    }
}
