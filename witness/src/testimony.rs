//! What tests say: names with what stands in front of them, and texts.

use crate::project::{Project, test_items};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;

/// See the module's head.
#[derive(Debug, Default)]
pub struct Testimony {
    /// Names that stand alone.
    pub names: BTreeSet<String>,
    /// Names behind another one, as `Kind::Name`.
    pub paths: BTreeSet<(String, String)>,
    /// Texts in quotation marks.
    pub texts: BTreeSet<String>,
}

/// Hears all tests of the project.
#[must_use]
pub fn hear(project: &Project) -> Testimony {
    let mut heard = Testimony::default();
    for source in &project.sources {
        if source.is_test {
            heard.take(source.tokens.clone().into_iter());
        } else {
            test_items(&source.tokens)
                .into_iter()
                .for_each(|item| heard.take(item.into_iter()));
        }
    }
    heard
}

impl Testimony {
    fn take(&mut self, tokens: impl Iterator<Item = TokenTree>) {
        // The last name, and how many colons came after it.
        let mut before: Option<(String, u8)> = None;
        for token in tokens {
            before = match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    match before {
                        Some((owner, 2)) => {
                            self.paths.insert((owner, word.clone()));
                        }
                        _ => {
                            self.names.insert(word.clone());
                        }
                    }
                    Some((word, 0))
                }
                TokenTree::Punct(colon) if colon.as_char() == ':' => {
                    before.map(|(word, colons)| (word, colons + 1))
                }
                TokenTree::Group(group) => {
                    self.take(group.stream().into_iter());
                    None
                }
                TokenTree::Literal(literal) => {
                    self.texts.extend(text(&TokenTree::from(literal).into()));
                    None
                }
                TokenTree::Punct(_) => None,
            };
        }
    }
}

/// What a literal says, if it is a text.
fn text(literal: &TokenStream) -> Option<String> {
    let text = syn::parse2::<syn::LitStr>(literal.clone());
    text.ok().map(|text| text.value())
}
