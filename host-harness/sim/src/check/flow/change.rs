//! What holds between one look and the next: of tasks that go on with another definition, and of
//! hops whose plans became tasks.
//!
//! Invariant: only what was seen before is compared.

use aof_core::id::TaskId;
use aof_core::status::Status;
use aof_core::workflow::{Flow, State};

use super::super::disk::Disk;
use super::super::ledger::Ledger;
use super::{Key, Verdict, Workflows, carried, is_over, wrong};

impl Workflows {
    /// Compares how hops stand with how they stood when all was well last.
    pub(super) fn compared(&mut self, disk: &Disk, ledger: &Ledger) -> Verdict {
        let done_anew = std::mem::take(&mut self.done_anew);
        for task in std::mem::take(&mut self.changed) {
            self.is_changed(&task, done_anew.contains(&task), disk)?;
        }
        self.made_is_done(disk, ledger)?;
        self.looks = 0;
        self.seen.clear();
        for (task, carried) in carried(disk) {
            let hops = carried.flow.hops();
            let hops = hops.map(|(hop, it)| ((task.clone(), hop.to_string()), it.clone()));
            self.seen.extend(hops);
        }
        Ok(())
    }

    /// A task goes on with another definition: nothing of what is done is done anew.
    fn is_changed(&mut self, task: &String, is_more: bool, disk: &Disk) -> Verdict {
        *self.changes.entry(task.clone()).or_default() += 1;
        let card = disk.only(task).and_then(|file| file.card.as_deref());
        let flow = card.and_then(|card| card.workflow.as_deref());
        let Some(flow) = flow else {
            return Ok(());
        };
        let is_ours = !is_more && !self.spoiled.contains(task);
        if self.looks > 1 {
            // Nobody saw what was begun just before.
            let now = flow.hops().map(|(hop, it)| (hop.to_string(), it.pass));
            self.kept
                .extend(now.map(|(hop, pass)| ((task.clone(), hop), pass)));
        }
        let own = (task.clone(), String::new())..;
        let own = self.seen.range(own).take_while(|((of, _), _)| of == task);
        for ((_, hop), was) in own {
            let now = flow.hops().find(|(id, _)| id.as_str() == hop);
            let state = &was.standing.state;
            if !matches!(state, State::Pending | State::Skipped(_)) {
                // What is computed and not over yet counts its pass at the end.
                let is_open = !state.is_final() && was.task.is_none();
                let pass = was.pass + u32::from(is_open);
                let known = self.kept.entry((task.clone(), hop.clone())).or_default();
                *known = (*known).max(pass);
            }
            let is_done = matches!(state, State::Complete(_) | State::Failed);
            if let Some((_, now)) = now.filter(|_| is_done && is_ours)
                && (&now.standing.state, now.pass, &now.result) != (state, was.pass, &was.result)
            {
                return wrong(
                    task,
                    format!("{hop} was over, and after a change it is {now:?}"),
                );
            }
        }
        let is_gone = |(of, hop): &Key| {
            let mut hops = flow.hops();
            of == task && !hops.any(|(id, _)| id.as_str() == hop)
        };
        self.rejections.retain(|key, _| !is_gone(key));
        self.sent_back.remove(task);
        Ok(())
    }

    /// A hop whose plan became tasks is over once these are, and not before; nobody made other
    /// ones.
    fn made_is_done(&self, disk: &Disk, ledger: &Ledger) -> Verdict {
        for ((task, hop), was) in &self.seen {
            let is_open = was.standing.state == State::Dispatched && !was.children.is_empty();
            let card = disk.only(task).and_then(|file| file.card.as_deref());
            let flow = card.and_then(|card| card.workflow.as_deref());
            let now = flow.and_then(|flow| flow.hops().find(|(id, _)| id.as_str() == hop));
            let Some((_, now)) = now.filter(|_| is_open && !self.spoiled.contains(task)) else {
                continue;
            };
            if !was
                .children
                .iter()
                .all(|child| ledger.is_ours(child.as_str()))
            {
                continue;
            }
            let stands = |child: &TaskId| disk.only(child.as_str()).map(|it| it.status);
            let is_done = was
                .children
                .iter()
                .all(|it| stands(it) == Some(Status::Done));
            let are_over = was.children.iter().all(|it| stands(it).is_none_or(is_over));
            let is_right = match now.standing.state {
                State::Complete(_) => is_done,
                State::Failed => are_over && !is_done,
                _ => true,
            };
            if !is_right {
                let stand: Vec<Option<Status>> = was.children.iter().map(stands).collect();
                return wrong(
                    task,
                    format!("{hop} is {now:?}, and what it made {stand:?}"),
                );
            }
        }
        Ok(())
    }

    /// What holds of tasks that plans became once a host has polled: each is waited for.
    pub(super) fn children_agree(&self, disk: &Disk, ledger: &Ledger) -> Verdict {
        for (child, files) in disk.tasks() {
            let ([file], false) = (files.as_slice(), self.ended.contains(child)) else {
                continue;
            };
            let parent = file
                .card
                .as_deref()
                .and_then(|card| card.parent_id.as_ref());
            let Some(parent) = parent.filter(|_| ledger.is_ours(child)) else {
                continue;
            };
            let whole = disk
                .only(parent.as_str())
                .and_then(|file| file.card.as_deref());
            let flow = whole.and_then(|card| card.workflow.as_deref());
            let is_known = |flow: &Flow| {
                flow.hops()
                    .any(|(_, it)| it.children.iter().any(|it| it.as_str() == child))
            };
            if flow.is_some_and(|flow| !is_known(flow)) && !self.spoiled.contains(parent.as_str()) {
                return wrong(
                    parent.as_str(),
                    format!("nobody waits for its part {child}"),
                );
            }
        }
        Ok(())
    }
}
