//! Projects: as a tree, in a line, whole, and with what is wrong.

use anstyle::Style;

use crate::shape::Project;

use super::style::{BAD, DIM, GOOD, HEAD, WARN};
use super::table::{Table, cell, styled};
use super::text::{clean, counted};

/// All projects, each below the one that it is a part of.
pub fn tree(projects: &[Project], width: Option<usize>) -> String {
    let mut table = Table::new(0, &[1, 6]);
    table.head(&["PROJECT", "TITLE", "STATUS", "OPEN", "DONE", "OWNER", ""]);
    let is_known = |id: &str| projects.iter().any(|project| project.id == id);
    let is_root = |it: &&Project| !it.parent_id.as_deref().is_some_and(is_known);
    let mut shown = Vec::new();
    for root in projects.iter().filter(is_root) {
        branch(projects, root, 0, &mut shown);
    }
    // Those that are above one another hang on no root.
    for project in projects {
        if !shown.iter().any(|(_, known)| known.id == project.id) {
            branch(projects, project, 0, &mut shown);
        }
    }
    for (depth, project) in shown {
        table.row(vec![
            cell(&format!("{}{}", "  ".repeat(depth), project.id)),
            cell(&project.title),
            styled(&project.status, of_status(&project.status)),
            cell(&project.open.to_string()),
            cell(&project.finished.to_string()),
            cell(&owner(project)),
            styled(project.rests_because.as_deref().unwrap_or_default(), WARN),
        ]);
    }
    table.render(width)
}

fn branch<'a>(
    projects: &'a [Project],
    project: &'a Project,
    depth: usize,
    shown: &mut Vec<(usize, &'a Project)>,
) {
    if shown.iter().any(|(_, known)| known.id == project.id) {
        return;
    }
    shown.push((depth, project));
    let is_below = |it: &&Project| it.parent_id.as_deref() == Some(project.id.as_str());
    for child in projects.iter().filter(is_below) {
        branch(projects, child, depth + 1, shown);
    }
}

/// A project that was just made.
pub fn made(project: &Project) -> String {
    let path = project.path.as_deref().unwrap_or_default();
    format!("{GOOD}made{GOOD:#}  {}\n", clean(path))
}

/// A project and its status.
pub fn line(project: &Project) -> String {
    let style = of_status(&project.status);
    let (id, status) = (clean(&project.id), clean(&project.status));
    let mut text = format!("{HEAD}{id}{HEAD:#} is {style}{status}{style:#}\n");
    if let Some(reason) = &project.rests_because {
        text += &format!(
            "  {WARN}nothing of it is dispatched: {}{WARN:#}\n",
            clean(reason)
        );
    }
    text
}

/// Everything about one project.
pub fn whole(project: &Project) -> String {
    let mut text = line(project);
    let (open, finished) = (counted(project.open, "open task"), project.finished);
    let parent = project.parent_id.clone().unwrap_or_default();
    for (name, value) in [
        ("title", project.title.clone()),
        ("owner", owner(project)),
        ("part of", parent),
        ("tasks", format!("{open}, {finished} finished")),
        ("folder", project.path.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            text += &format!("  {DIM}{name:<8}{DIM:#} {}\n", clean(&value));
        }
    }
    text
}

/// What is wrong.
pub fn findings(projects: &[Project]) -> String {
    let mut text = String::new();
    let mut counts = [0_u64; 2];
    for flaw in projects.iter().flat_map(|project| &project.findings) {
        let is_error = flaw.level == "error";
        let [errors, warnings] = &mut counts;
        *(if is_error { errors } else { warnings }) += 1;
        let style = if is_error { BAD } else { WARN };
        let (level, category) = (clean(&flaw.level), clean(&flaw.category));
        let (place, message) = (clean(&flaw.location), clean(&flaw.message));
        text += &format!("{style}{level}{style:#} {category}: {place} {message}\n");
        text += &format!("  {}\n", clean(&flaw.hint));
    }
    let [errors, warnings] = counts;
    text + &format!(
        "{}, {}\n",
        counted(errors, "error"),
        counted(warnings, "warning")
    )
}

fn owner(project: &Project) -> String {
    match (&project.lead, &project.team) {
        (Some(lead), _) => lead.clone(),
        (None, Some(team)) => format!("team {team}"),
        (None, None) => String::new(),
    }
}

fn of_status(status: &str) -> Style {
    match status {
        "active" => GOOD,
        "paused" => WARN,
        _ => DIM,
    }
}
