//! What is wrong with a workflow, and the verdict.

use crate::render::finding::finding;
use crate::render::style::{BAD, DIM, GOOD};
use crate::render::text::{clean, counted};
use crate::shape::workflow::{Checked, Flow};

/// Everything, errors first, then whether it can be used.
pub fn verdict(checked: &Checked) -> String {
    let mut text: String = checked.findings.iter().map(finding).collect();
    let name = name(checked);
    if checked.errors > 0 {
        return text + &format!("{BAD}{name} cannot be used{BAD:#}\n");
    }
    let flow = Flow::of(&checked.definition, &checked.state);
    let hops = counted(flow.hops.len() as u64, "hop");
    let roots = flow.hops.iter().filter(|hop| hop.edges.is_empty()).count();
    let edges: usize = flow.hops.iter().map(|hop| hop.edges.len()).sum();
    let edges = match edges {
        1 => "1 dependency".to_owned(),
        edges => format!("{edges} dependencies"),
    };
    text += &format!("{GOOD}{name} can be used{GOOD:#}: {hops}, {roots} to begin with, {edges}\n");
    text
}

/// The templates of a project.
pub fn templates(checked: &Checked) -> String {
    let names = checked.templates.as_deref().unwrap_or_default();
    if names.is_empty() {
        return format!("{} has no workflows\n", clean(&checked.path));
    }
    let line = |name: &String| {
        let is_default = checked.default.as_ref() == Some(name);
        let mark = if is_default { "  default" } else { "" };
        format!("{}{DIM}{mark}{DIM:#}\n", clean(name))
    };
    names.iter().map(line).collect()
}

fn name(checked: &Checked) -> String {
    let path = clean(&checked.path);
    match &checked.template {
        Some(template) => format!("{} of {path}", clean(template)),
        None => path,
    }
}
