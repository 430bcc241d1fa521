//! `aof_explain` and `aof_org_show`: views, as tools.

use aof_core::caller::Context;
use aof_core::refusal::Refusal;
use aof_store::port::Store;
use serde::Deserialize;

use crate::access::check_actor;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::target::About;
use crate::view::{OrgLook, OrgQuery};

/// Arguments of `aof_org_show`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Chart {
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn explain_task(
        &mut self,
        ctx: &Context,
        about: &About,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &about.target())?;
        Ok(said(self.explain(ctx, id.as_str())?))
    }

    pub(super) fn show_org(
        &mut self,
        ctx: &Context,
        arguments: &Chart,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let query = OrgQuery {
            look: OrgLook::Show,
            text: None,
            path: None,
            edit: None,
            is_lenient: false,
            agents: None,
        };
        Ok(said(self.org(&query)?))
    }
}

fn said(value: String) -> Outcome {
    Outcome {
        value,
        ..Outcome::default()
    }
}
