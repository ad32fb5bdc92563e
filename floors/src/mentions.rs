//! What a module's code mentions: every path of it, and every method it calls.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ExprMethodCall, ImplItem, Item, ItemImpl, Macro, Path, Type};

/// A path somewhere in the code.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Its segments.
    pub path: Vec<String>,
    /// Its line.
    pub line: usize,
}

/// Everything that the items of a module mention.
#[derive(Debug, Default)]
pub struct Mentions {
    /// Paths.
    pub paths: Vec<Mention>,
    /// Methods that are called: one segment each.
    pub methods: Vec<Mention>,
}

/// A method that is written for a type: `impl Type { fn method }`.
#[derive(Debug)]
pub struct Method {
    /// The type, as it is named where the method is written.
    pub of: Vec<String>,
    /// The method's name.
    pub name: String,
}

/// Collects what `items` mention.
#[must_use]
pub fn of(items: &[Item]) -> Mentions {
    let mut found = Mentions::default();
    items.iter().for_each(|item| found.visit_item(item));
    found
}

/// The methods that `items` write for types by themselves, traits left out: those a caller names by the method alone.
#[must_use]
pub fn methods_written(items: &[Item]) -> Vec<Method> {
    let mut written = Vec::new();
    for item in items {
        let Item::Impl(ItemImpl {
            trait_: None,
            self_ty,
            items,
            ..
        }) = item
        else {
            continue;
        };
        let Type::Path(of) = self_ty.as_ref() else {
            continue;
        };
        for inside in items {
            if let ImplItem::Fn(method) = inside {
                written.push(Method {
                    of: segments(&of.path),
                    name: method.sig.ident.to_string(),
                });
            }
        }
    }
    written
}

fn segments(path: &Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_path(&mut self, path: &'ast Path) {
        self.paths.push(Mention {
            path: segments(path),
            line: path.span().start().line,
        });
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.methods.push(Mention {
            path: vec![call.method.to_string()],
            line: call.method.span().start().line,
        });
        visit::visit_expr_method_call(self, call);
    }

    /// What a macro is given is not parsed, but its paths can be told.
    fn visit_macro(&mut self, called: &'ast Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }
}

impl Mentions {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path, line, after_dot);
                        line = name.span().start().line;
                    }
                    colons = 0;
                    path.push(name.to_string());
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Punct(mark) => {
                    self.end(&mut path, line, after_dot);
                    colons = 0;
                    after_dot = mark.as_char() == '.';
                }
                TokenTree::Group(group) => {
                    self.end(&mut path, line, after_dot);
                    (colons, after_dot) = (0, false);
                    self.tokens(group.stream());
                }
                TokenTree::Literal(_) => {
                    self.end(&mut path, line, after_dot);
                    (colons, after_dot) = (0, false);
                }
            }
        }
        self.end(&mut path, line, after_dot);
    }

    fn end(&mut self, path: &mut Vec<String>, line: usize, after_dot: bool) {
        if path.is_empty() {
            return;
        }
        let path = std::mem::take(path);
        if after_dot {
            self.methods.push(Mention { path, line });
        } else {
            self.paths.push(Mention { path, line });
        }
    }
}
