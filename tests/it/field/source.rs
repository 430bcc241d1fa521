//! What a test says: its own source, and that of whatever it uses of its own file.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Words and texts of a test, by its path among these tests or `file.rs::name` below the top of
/// the project. None if there is no such test.
pub(super) fn of_test(test: &str) -> Option<String> {
    let (module, name) = test.rsplit_once("::")?;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let path = match module.strip_suffix(".rs") {
        Some(_) => format!("{root}../{module}"),
        None => format!("{root}it/{}.rs", module.replace("::", "/")),
    };
    let file = syn::parse_file(&std::fs::read_to_string(path).ok()?).ok()?;
    let items = flat(file.items);
    let is_test = |item: &&syn::Item| match item {
        syn::Item::Fn(it) => it.attrs.iter().any(|it| it.path().is_ident("test")),
        _ => false,
    };
    items
        .iter()
        .filter(is_test)
        .find(|item| name_of(item).as_deref() == Some(name))?;
    let mut said = Words::default();
    let mut due = vec![name.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(name) = due.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for item in items
            .iter()
            .filter(|it| name_of(it).as_ref() == Some(&name))
        {
            let mut words = Words::default();
            words.visit_item(item);
            due.extend(words.names);
            said.text += &words.text;
        }
    }
    Some(said.text)
}

/// Whether a text has this word.
pub(super) fn speaks_of(text: &str, key: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    text.split(|it| !is_word(it)).any(|word| word == key)
}

/// With the items of inner modules, and what types can do as functions of their own.
fn flat(items: Vec<syn::Item>) -> Vec<syn::Item> {
    let inner = |item| match item {
        syn::Item::Mod(it) => flat(it.content.map(|it| it.1).unwrap_or_default()),
        syn::Item::Impl(it) => it.items.into_iter().filter_map(function).collect(),
        other => vec![other],
    };
    items.into_iter().flat_map(inner).collect()
}

fn function(item: syn::ImplItem) -> Option<syn::Item> {
    let syn::ImplItem::Fn(it) = item else {
        return None;
    };
    Some(syn::Item::Fn(syn::ItemFn {
        attrs: it.attrs,
        vis: it.vis,
        sig: it.sig,
        block: Box::new(it.block),
    }))
}

fn name_of(item: &syn::Item) -> Option<String> {
    Some(match item {
        syn::Item::Fn(it) => it.sig.ident.to_string(),
        syn::Item::Const(it) => it.ident.to_string(),
        syn::Item::Static(it) => it.ident.to_string(),
        _ => return None,
    })
}

#[derive(Default)]
struct Words {
    text: String,
    names: Vec<String>,
}

impl Words {
    fn take(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.take(group.stream()),
                TokenTree::Ident(ident) => self.names.push(ident.to_string()),
                TokenTree::Literal(literal) => self.say(&literal.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.text.push('\n');
        // What a format string names is used, too.
        let named = text.split('{').skip(1);
        let named = named.filter_map(|it| it.split(['}', ':']).next());
        self.names.extend(named.map(str::to_owned));
        self.text.push_str(&text.replace("\\n", "\n"));
    }
}

impl<'ast> Visit<'ast> for Words {
    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        self.names.push(ident.to_string());
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.say(&literal.value());
    }

    fn visit_macro(&mut self, it: &'ast syn::Macro) {
        self.take(it.tokens.clone());
        visit::visit_macro(self, it);
    }
}
