//! How long things are.
//!
//! Measures the text and the syntax tree; what a macro expands to does not count.

use proc_macro2::Span;
use syn::visit::{self, Visit};

use super::assert_none;
use super::tree::{self, Source};

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;
const PARAMETERS_MAX: usize = 5;

#[test]
fn no_line_is_wider_than_a_hundred_columns() {
    let mut findings = Vec::new();
    for source in tree::rust().into_iter().chain(tree::script()) {
        for (at, line) in source.lines() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                findings.push(format!("{}:{at}: {columns} columns", source.path));
            }
        }
    }
    assert_none("a line has at most 100 columns", &findings);
}

#[test]
fn no_file_is_longer_than_six_hundred_lines_tests_aside() {
    let mut findings = Vec::new();
    for source in tree::rust().iter().filter(|source| !source.is_test()) {
        let file = parse(source);
        let tests: usize = file.items.iter().filter_map(test_lines).sum();
        let lines = source.text.lines().count().saturating_sub(tests);
        if lines > FILE_LINES_MAX {
            findings.push(format!("{}: {lines} lines", source.path));
        }
    }
    assert_none("a file has at most 600 lines", &findings);
}

#[test]
fn functions_are_short_and_take_few_parameters() {
    let mut findings = Vec::new();
    for source in tree::rust() {
        let mut ruler = Ruler {
            path: &source.path,
            findings: &mut findings,
        };
        ruler.visit_file(&parse(&source));
    }
    assert_none(
        "a function has at most 70 lines and 5 parameters",
        &findings,
    );
}

fn parse(source: &Source) -> syn::File {
    syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path))
}

/// Lines of a module that is built only for tests.
fn test_lines(item: &syn::Item) -> Option<usize> {
    let syn::Item::Mod(module) = item else {
        return None;
    };
    let is_test = module.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    });
    let (brace, _) = module.content.as_ref().filter(|_| is_test)?;
    let first = first_line(module.mod_token.span);
    Some(last_line(brace.span.close()) - first + 1)
}

fn first_line(span: Span) -> usize {
    span.start().line
}

fn last_line(span: Span) -> usize {
    span.end().line
}

struct Ruler<'a> {
    path: &'a str,
    findings: &'a mut Vec<String>,
}

impl Ruler<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: Option<&syn::Block>) {
        let first = first_line(signature.fn_token.span);
        let name = format!("{}:{first}: `{}`", self.path, signature.ident);
        let parameters = signature.inputs.len();
        if parameters > PARAMETERS_MAX {
            self.findings
                .push(format!("{name} takes {parameters} parameters"));
        }
        let last = block.map_or(first, |block| last_line(block.brace_token.span.close()));
        let lines = last - first + 1;
        if lines > FUNCTION_LINES_MAX {
            self.findings.push(format!("{name} has {lines} lines"));
        }
    }
}

impl<'ast> Visit<'ast> for Ruler<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig, Some(&item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, Some(&item.block));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.measure(&item.sig, item.default.as_ref());
        visit::visit_trait_item_fn(self, item);
    }
}
