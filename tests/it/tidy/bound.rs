//! Bounds: each constant that limits something stands in docs/limits.md with its value.
//!
//! Computes plain arithmetic only; a bound made of other constants is compared by name.

use std::collections::BTreeMap;

use super::assert_none;
use super::tree::{self, Source};

/// Where bounds are declared.
const TOPS: [&str; 4] = [
    "plugin",
    "host-harness/disk/src",
    "host-harness/host/src",
    "host-harness/wasi-system/src",
];

/// A bound: the file that declares it, and its name.
type Place = (String, String);

#[test]
fn every_bound_is_documented_with_its_value() {
    let declared = declared();
    let documented = documented();
    let mut findings = Vec::new();
    for ((path, name), value) in &declared {
        match documented.get(&(path.clone(), name.clone())) {
            None => findings.push(format!("{path}: `{name}` is not in docs/limits.md")),
            Some(said) if value.is_some() && *said != *value => {
                findings.push(format!(
                    "{path}: `{name}` is {value:?}, the document says {said:?}"
                ));
            }
            Some(_) => {}
        }
    }
    for (path, name) in documented
        .keys()
        .filter(|place| !declared.contains_key(*place))
    {
        findings.push(format!("docs/limits.md: `{name}` is not in {path}"));
    }
    assert_none("docs/limits.md lists the bounds", &findings);
}

/// What a row says instead of a test: this and why.
const REASON: &str = "internal: ";

#[test]
fn every_bound_has_a_test_or_says_why_not() {
    let sources: String = tree::rust().into_iter().map(|source| source.text).collect();
    let page = tree::files("docs", &["/limits.md"]).remove(0);
    let mut findings = Vec::new();
    for (at, line) in page.lines().filter(|(_, line)| line.starts_with("| `")) {
        let last = line
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or_default();
        let is_reason = last.strip_prefix(REASON).is_some_and(|why| !why.is_empty());
        let test = last.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
        match test {
            Some(name) if sources.contains(&format!("fn {name}(")) => {}
            Some(name) => findings.push(format!("{}:{at}: there is no test `{name}`", page.path)),
            None if is_reason => {}
            None => findings.push(format!("{}:{at}: neither a test nor a reason", page.path)),
        }
    }
    assert_none("a bound is tested where the document says", &findings);
}

fn declared() -> BTreeMap<Place, Option<u64>> {
    let sources = TOPS.iter().flat_map(|top| tree::files(top, &[".rs"]));
    sources
        .filter(|source| !source.is_test())
        .flat_map(|source| bounds_of(&source))
        .collect()
}

fn bounds_of(source: &Source) -> Vec<(Place, Option<u64>)> {
    let file = syn::parse_file(&source.text).expect("the file parses");
    let constants = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Const(constant) => Some(constant),
        _ => None,
    });
    let bounds = constants.filter_map(|constant| {
        let name = constant.ident.to_string();
        let is_number = matches!(&*constant.ty, syn::Type::Path(path)
            if ["u32", "u64", "usize"].iter().any(|kind| path.path.is_ident(kind)));
        let is_bound = name.ends_with("_MAX") && is_number;
        is_bound.then(|| ((source.path.clone(), name), value(&constant.expr)))
    });
    bounds.collect()
}

fn value(expression: &syn::Expr) -> Option<u64> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        syn::Expr::Binary(binary) => {
            let (left, right) = (value(&binary.left)?, value(&binary.right)?);
            match binary.op {
                syn::BinOp::Mul(_) => left.checked_mul(right),
                syn::BinOp::Shl(_) => left.checked_shl(u32::try_from(right).ok()?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Rows of the tables, each under the heading of its file.
fn documented() -> BTreeMap<Place, Option<u64>> {
    let page = tree::files("docs", &["/limits.md"]).remove(0).text;
    let mut path = String::new();
    let mut bounds = BTreeMap::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            heading.trim_end_matches('`').clone_into(&mut path);
        } else if let Some(row) = line.strip_prefix("| `").filter(|_| !path.is_empty()) {
            let mut cells = row.split(" | ");
            let name = cells
                .next()
                .unwrap_or_default()
                .trim_end_matches('`')
                .to_owned();
            let number = cells
                .next()
                .unwrap_or_default()
                .replace(',', "")
                .parse()
                .ok();
            bounds.insert((path.clone(), name), number);
        }
    }
    bounds
}
