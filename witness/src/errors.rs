//! Errors of the product: every kind of every type that derives `Error`, and what it says.

use crate::error::WitnessError;
use crate::project::Project;
use crate::testimony::Testimony;
use syn::visit::Visit;
use syn::{Attribute, Ident};

/// One kind of error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Where it is written.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// The type.
    pub owner: String,
    /// The variant; `None` where the type is no choice.
    pub variant: Option<String>,
    /// What it says: the fixed parts of its message. Without any it hands on what another error says.
    pub message: Option<Vec<String>>,
}

/// Letters that a text must have to tell one message from others.
const TELLING: usize = 10;

impl Kind {
    /// Its name in reports and in the file of reasons.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}::{variant}", self.owner),
            None => self.owner.clone(),
        }
    }

    /// Whether a test names it.
    fn is_named(&self, testimony: &Testimony) -> bool {
        match &self.variant {
            Some(variant) => testimony.paths.contains(&(self.owner.clone(), variant.clone())),
            None => {
                let mut paths = testimony.paths.iter();
                let in_path = paths.any(|(owner, name)| *owner == self.owner || *name == self.owner);
                in_path || testimony.names.contains(&self.owner)
            }
        }
    }

    /// How many letters of its message a text says: all that is fixed of it, in its order, or a stretch that is most of the text.
    /// 0 if that tells nothing.
    fn said_by(&self, text: &str) -> usize {
        let parts = self.message.as_deref().unwrap_or_default();
        let mut rest = Some(text);
        for part in parts {
            rest = rest
                .and_then(|rest| rest.split_once(part.trim()))
                .map(|(_, rest)| rest);
        }
        let all: usize = parts.iter().map(|part| part.trim().len()).sum();
        let stretch = parts
            .iter()
            .map(|part| common_stretch(part.as_bytes(), text.as_bytes()));
        let stretch = stretch.max().unwrap_or(0);
        let letters = match rest {
            Some(_) => all.max(stretch),
            None if stretch * 10 >= text.len() * 6 => stretch,
            None => 0,
        };
        if letters >= TELLING { letters } else { 0 }
    }
}

/// The length of the longest stretch that both have.
fn common_stretch(one: &[u8], other: &[u8]) -> usize {
    let mut longest = 0;
    // How long the stretches are that end with the last letter of `one` and each letter of `other`.
    let mut ending = vec![0; other.len() + 1];
    for letter in one {
        for place in (0..other.len()).rev() {
            ending[place + 1] = if other[place] == *letter {
                ending[place] + 1
            } else {
                0
            };
            longest = longest.max(ending[place + 1]);
        }
    }
    longest
}

/// Those that no test names, and of whose message no text of a test says more than of any other's.
#[must_use]
pub fn unseen<'a>(kinds: &'a [Kind], testimony: &Testimony) -> Vec<&'a Kind> {
    let mut said = vec![false; kinds.len()];
    let texts = testimony.texts.iter().map(|text| text.trim());
    for text in texts.filter(|text| text.len() >= TELLING && text.contains(' ')) {
        let letters: Vec<usize> = kinds.iter().map(|kind| kind.said_by(text)).collect();
        let most = letters.iter().copied().max().unwrap_or(0);
        let mut best = (0..).zip(&letters).filter(|(_, it)| most > 0 && **it == most);
        if let (Some((place, _)), None) = (best.next(), best.next()) {
            let place: usize = place;
            said[place] = true;
        }
    }
    let kinds = kinds.iter().zip(said);
    let unseen = kinds.filter(|(kind, said)| !said && !kind.is_named(testimony));
    unseen.map(|(kind, _)| kind).collect()
}

/// All kinds of error of the product, in the order of files and lines.
///
/// # Errors
/// [`WitnessError::Source`] when a file is not Rust.
pub fn of(project: &Project) -> Result<Vec<Kind>, WitnessError> {
    let mut kinds = Vec::new();
    for source in project.sources.iter().filter(|source| !source.is_test) {
        let file = syn::parse2(source.tokens.clone()).map_err(|cause| WitnessError::Source {
            path: source.path.clone(),
            line: cause.span().start().line,
            cause,
        })?;
        let mut finder = Finder {
            file: &source.path,
            kinds: &mut kinds,
        };
        finder.visit_file(&file);
    }
    Ok(kinds)
}

struct Finder<'a> {
    file: &'a str,
    kinds: &'a mut Vec<Kind>,
}

impl Finder<'_> {
    fn found(&mut self, owner: &Ident, variant: Option<&Ident>, attributes: &[Attribute]) {
        self.kinds.push(Kind {
            file: self.file.to_owned(),
            line: variant.unwrap_or(owner).span().start().line,
            owner: owner.to_string(),
            variant: variant.map(ToString::to_string),
            message: message(attributes),
        });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if is_error(&item.attrs) {
            for variant in &item.variants {
                self.found(&item.ident, Some(&variant.ident), &variant.attrs);
            }
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if is_error(&item.attrs) {
            self.found(&item.ident, None, &item.attrs);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = |attribute: &Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<Ident>().is_ok_and(|word| word == "test")
        };
        if !item.attrs.iter().any(is_test) {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// Whether `Error` is derived.
fn is_error(attributes: &[Attribute]) -> bool {
    let mut derived = false;
    for attribute in attributes.iter().filter(|it| it.path().is_ident("derive")) {
        // What is no list of paths derives nothing that is known here.
        let _ = attribute.parse_nested_meta(|meta| {
            derived |= meta
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Error");
            Ok(())
        });
    }
    derived
}

/// The fixed parts of the message; `None` where it is another error's, or made by the values alone.
fn message(attributes: &[Attribute]) -> Option<Vec<String>> {
    let attribute = attributes.iter().find(|it| it.path().is_ident("error"))?;
    let parser = |input: syn::parse::ParseStream<'_>| {
        let text = input.parse::<syn::LitStr>()?;
        input.parse::<proc_macro2::TokenStream>()?;
        Ok(text.value())
    };
    let text = attribute.parse_args_with(parser).ok()?;
    let parts = fixed_parts(&text);
    (!parts.is_empty()).then_some(parts)
}

/// What stands between the places for values.
fn fixed_parts(message: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = message.chars().peekable();
    while let Some(letter) = letters.next() {
        let doubled = matches!(letter, '{' | '}') && letters.peek() == Some(&letter);
        if doubled {
            letters.next();
        } else if letter == '{' {
            let _ = letters.by_ref().find(|&inner| inner == '}');
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.retain(|part| part.chars().any(char::is_alphabetic));
    parts
}
