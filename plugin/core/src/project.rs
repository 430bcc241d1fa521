//! A project: an isolated tree of tasks with an owner.

use crate::id::{AgentId, ProjectId, TeamId};
use crate::share::Share;
use crate::sla::Sla;

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

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether its type is `research`: such work may take longer.
    pub is_research: bool,
    /// How long its tasks may stand in one status.
    pub sla: Sla,
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
            is_research: false,
            sla: Sla::default(),
        }
    }
}
