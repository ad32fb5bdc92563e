//! Which function is where in a file.

use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Block, ReturnType, Signature, Type};

/// One function with a body, in bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, without its type.
    pub name: String,
    /// What stands between the braces.
    pub body: Range<usize>,
    /// The word `const`, where it is there.
    pub constant: Option<Range<usize>>,
    /// Whether its value is of a type that only the compiler knows, so that two bodies cannot be chosen from.
    pub is_opaque: bool,
}

/// The functions of a file that lie in no other one.
///
/// # Errors
/// What the parser says.
pub fn of(text: &str) -> syn::Result<Vec<Function>> {
    let mut finder = Finder(Vec::new());
    finder.visit_file(&syn::parse_file(text)?);
    Ok(finder.0)
}

struct Finder(Vec<Function>);

impl Finder {
    fn found(&mut self, signature: &Signature, block: &Block) {
        let braces = block.span().byte_range();
        self.0.push(Function {
            name: signature.ident.to_string(),
            body: braces.start + 1..braces.end - 1,
            constant: signature.constness.map(|word| word.span().byte_range()),
            is_opaque: matches!(&signature.output, ReturnType::Type(_, of) if has_impl(of)),
        });
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.found(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.found(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.found(&item.sig, block);
        }
    }
}

/// Whether `impl Trait` stands in a type.
fn has_impl(of: &Type) -> bool {
    struct Looking(bool);
    impl<'ast> Visit<'ast> for Looking {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut looking = Looking(false);
    looking.visit_type(of);
    looking.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_all_kinds_are_found_and_those_in_others_are_not() {
        let text = "const fn a() { fn inner() {} }\nimpl T { fn b(&self) -> impl Iterator<Item = u8> { 1 } }\n\
                    trait U { fn c(); fn d() -> Vec<u8> { 2 } }\nmod m { async fn é() { 3 } }";
        let found = of(text).unwrap();
        let bodies: Vec<&str> = found.iter().map(|it| text[it.body.clone()].trim()).collect();
        assert_eq!(bodies, ["fn inner() {}", "1", "2", "3"]);
        assert_eq!(text[found[0].constant.clone().unwrap()], *"const");
        let opaque: Vec<bool> = found.iter().map(|it| it.is_opaque).collect();
        assert_eq!(opaque, [false, true, false, false]);
    }
}
