//! A project: an isolated tree of tasks with an owner, perhaps a part of another project.
//!
//! Invariant: whatever the parents say, a look upwards ends: projects that are above one another
//! rest until somebody mends them.

use std::collections::BTreeMap;

use crate::budget::Budget;
use crate::id::{AgentId, ProjectId, TeamId};
use crate::share::Share;
use crate::sla::Sla;
use crate::workflow::Template;

/// Whether a project's tasks are dispatched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectStatus {
    /// Normal.
    #[default]
    Active,
    /// Nothing is dispatched; everything else works.
    Paused,
    /// Put away: nothing is dispatched, no new tasks.
    Archived,
}

impl ProjectStatus {
    /// All three.
    pub const ALL: [ProjectStatus; 3] = [
        ProjectStatus::Active,
        ProjectStatus::Paused,
        ProjectStatus::Archived,
    ];

    /// The name as written in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ProjectStatus::Active => "active",
            ProjectStatus::Paused => "paused",
            ProjectStatus::Archived => "archived",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        ProjectStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// One project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Identity; equals the folder's name.
    pub id: ProjectId,
    /// Name for people.
    pub title: String,
    /// Whether it is worked on.
    pub status: ProjectStatus,
    /// Default target of tasks that name none, before the team.
    pub lead: Option<AgentId>,
    /// Default target of tasks that name none.
    pub team: Option<TeamId>,
    /// How much of the work that can run is its own.
    pub dispatch: Share,
    /// How much its tasks may use.
    pub budgets: Vec<Budget>,
    /// Whether its type is `research`: such work may take longer.
    pub is_research: bool,
    /// How long its tasks may stand in one status.
    pub sla: Sla,
    /// The project that it is a part of.
    pub parent: Option<ProjectId>,
    /// Workflows that its tasks can be given, as declared; no two have one name.
    pub templates: Vec<Template>,
    /// The name of the one that a task gets unless another is asked for.
    pub default_template: Option<String>,
}

/// What is wrong, or at rest, above a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Above<'a> {
    /// This project above it is not active.
    Resting(&'a ProjectId, ProjectStatus),
    /// It is above itself, by way of this project.
    Circle(&'a ProjectId),
}

/// Looks from a project upwards: none if nothing there keeps its tasks from being dispatched. A
/// parent that is not there is no reason.
#[must_use]
pub fn above<'a>(
    project: &'a Project,
    projects: &'a BTreeMap<ProjectId, Project>,
) -> Option<Above<'a>> {
    let parent = |it: &&'a Project| projects.get(it.parent.as_ref()?);
    let ancestors = std::iter::successors(parent(&project), parent);
    let mut last = &project.id;
    for (steps, ancestor) in ancestors.enumerate() {
        // More steps than there are projects go round in a circle that it hangs on.
        if ancestor.id == project.id || steps > projects.len() {
            return Some(Above::Circle(last));
        }
        if ancestor.status != ProjectStatus::Active {
            return Some(Above::Resting(&ancestor.id, ancestor.status));
        }
        last = &ancestor.id;
    }
    None
}

impl Project {
    /// A project without a manifest: active, titled by its id.
    #[must_use]
    pub fn bare(id: ProjectId) -> Self {
        let title = id.to_string();
        Project {
            id,
            title,
            status: ProjectStatus::Active,
            lead: None,
            team: None,
            dispatch: Share::default(),
            budgets: Vec::new(),
            is_research: false,
            sla: Sla::default(),
            parent: None,
            templates: Vec::new(),
            default_template: None,
        }
    }

    /// The workflow of that name.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|it| it.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(projects: &[(&str, &str, ProjectStatus)]) -> BTreeMap<ProjectId, Project> {
        let id = |text: &str| ProjectId::parse(text).unwrap();
        let one = |(name, parent, status): &(&str, &str, ProjectStatus)| {
            let parent = (!parent.is_empty()).then(|| id(parent));
            let bare = Project::bare(id(name));
            let status = *status;
            (
                id(name),
                Project {
                    status,
                    parent,
                    ..bare
                },
            )
        };
        projects.iter().map(one).collect()
    }

    #[test]
    fn what_rests_above_a_project_keeps_it_back() {
        use ProjectStatus::{Active, Archived, Paused};
        let projects = company(&[
            ("top", "", Paused),
            ("middle", "top", Active),
            ("leaf", "middle", Active),
            ("old", "", Archived),
            ("young", "old", Active),
            ("orphan", "nowhere", Active),
            ("one", "two", Active),
            ("two", "one", Active),
            ("three", "two", Active),
            ("self", "self", Active),
        ]);
        let told = |name: &str| {
            let project = projects.get(&ProjectId::parse(name).unwrap()).unwrap();
            match above(project, &projects) {
                None => "nothing".to_owned(),
                Some(Above::Resting(id, status)) => format!("{id} {}", status.as_str()),
                Some(Above::Circle(id)) => format!("circle by {id}"),
            }
        };
        for (name, expected) in [
            ("top", "nothing"),
            ("middle", "top paused"),
            ("leaf", "top paused"),
            ("young", "old archived"),
            ("orphan", "nothing"),
            ("one", "circle by two"),
            ("two", "circle by one"),
            ("self", "circle by self"),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
        assert!(told("three").starts_with("circle"), "it hangs on one");
    }
}
