//! Every change of a task, one verb a file, as pure functions from a card to the next card.
//!
//! Invariant: a verb either returns the whole next card with its events or refuses; it never
//! changes half of it. Each successful verb counts one revision.

mod adopt;
mod amend;
mod block;
mod cancel;
mod claim;
mod complete;
mod create;
mod depend;
mod edit;
mod fail;
mod free;
mod history;
mod log;
mod overdue;
mod promote;
mod release;
mod renew;
mod requeue;
mod resurrect;
mod strand;
mod submit;
mod subscribe;
mod time_up;
mod unblock;
mod walk;

pub use adopt::adopt;
pub use amend::{Amendment, amend};
pub use block::block;
pub use cancel::cancel;
pub use claim::{Claim, claim};
pub use complete::complete;
pub use create::{Draft, create};
pub use depend::{depend, undepend};
pub use edit::{Edit, edit};
pub use fail::{Failure, FailureClass, Stage, fail};
pub use free::free;
pub use log::log;
pub use overdue::{overdue, overdue_reason};
pub use promote::{Promotion, promote};
pub use release::release;
pub use renew::renew;
pub use requeue::requeue;
pub use resurrect::resurrect;
pub use strand::strand;
pub use submit::submit;
pub use subscribe::{active_of, subscribe, subscribe_along, told, unsubscribe};
pub use time_up::{TimeUp, time_up};
pub use unblock::unblock;
pub(crate) use walk::{touch, walk};

use crate::card::Card;
use crate::event::EventDraft;
use crate::refusal::Refusal;

/// The next card and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The card after the verb.
    pub card: Card,
    /// What happened, in order.
    pub events: Vec<EventDraft>,
}

/// What a verb answers.
pub type Verdict = Result<Step, Refusal>;

#[cfg(test)]
mod tests;
