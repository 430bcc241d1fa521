//! What becomes of one card: from the journal's knowledge and the files that are there to
//! operations. A pure function.
//!
//! Never removes or writes over what a person made. Invariant: done again on its own result, it
//! decides to do nothing.

use aof_codec::CardDocument;
use aof_core::card::Card;
use aof_core::order;
use aof_core::status::Status;

use crate::journal::CardChange;
use crate::port::Op;
use crate::recovery::Mending;
use crate::recovery::history::{Beside, Copy, History, Kind, Version};

/// The files of a card, and what they may be.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) copies: Vec<Copy>,
    /// Whether the machine was started again since the journal began: names may be lost, files
    /// torn.
    pub(super) is_new_boot: bool,
    /// Where our version goes if it cannot become the card.
    pub(super) beside: Beside,
}

/// Decides about one card.
pub(super) fn decide(history: &History<'_>, mut scene: Scene) -> Mending {
    order::sort_by_key(&mut scene.copies, |copy| rank(history, copy.status));
    let current = |copy: &Copy| matches!(copy.kind, Kind::Current);
    let mut mending = Mending::default();
    if let Some(at) = scene.copies.iter().position(current) {
        mending.remove_ghosts(history, &scene, Some(at));
        return mending;
    }
    match base(&scene) {
        Some(at) => mending.bring_up(history, &scene, at),
        None if !scene.copies.is_empty() => mending.put_beside(history, &scene),
        // On the same boot no name gets lost: a card that is gone was taken away by somebody.
        None if scene.is_new_boot || history.is_new => mending.make(history),
        None => {}
    }
    mending
}

fn rank(history: &History<'_>, status: Status) -> u8 {
    match status {
        status if status == history.to => 0,
        status if history.is_known_place(status) => 1,
        _ => 2,
    }
}

/// The file that becomes the card. After a power loss an image may be a ghost, so a person's
/// version goes first; otherwise the image is the card itself and the other a copy.
fn base(scene: &Scene) -> Option<usize> {
    let image = |copy: &Copy| matches!(copy.kind, Kind::Image);
    let edited = |copy: &Copy| matches!(copy.kind, Kind::Edited(_));
    let image = scene.copies.iter().position(image);
    let edited = scene.copies.iter().position(edited);
    if scene.is_new_boot {
        edited.or(image)
    } else {
        image.or(edited)
    }
}

impl Mending {
    /// Nothing of the card is left.
    fn make(&mut self, history: &History<'_>) {
        let path = history.path(history.to);
        self.ops.extend(ours_at(history, path.clone()));
        self.finished(&path);
    }

    /// Writes the change into the file that is the card, where it belongs.
    fn bring_up(&mut self, history: &History<'_>, scene: &Scene, at: usize) {
        let Some(base) = scene.copies.get(at) else {
            return;
        };
        // Where no record put it, a person did, and the directory decides.
        let target = if history.is_known_place(base.status) {
            history.to
        } else {
            base.status
        };
        let is_in_way = |other: &Copy| {
            let is_ghost = scene.is_new_boot && matches!(other.kind, Kind::Image);
            other.status == target && base.status != target && !is_ghost
        };
        let is_in_way = scene.copies.iter().any(is_in_way);
        match &base.kind {
            Kind::Edited(theirs) if !is_in_way => {
                self.merge(history, scene, (base.status, theirs, target));
            }
            Kind::Image if !is_in_way => self.write(history, scene, (at, base, target)),
            _ => self.put_beside(history, scene),
        }
    }

    /// Writes the change where it belongs, into a file that it was made from.
    fn write(
        &mut self,
        history: &History<'_>,
        scene: &Scene,
        (at, base, target): (usize, &Copy, Status),
    ) {
        self.remove_ghosts(history, scene, Some(at));
        let path = history.path(target);
        if base.status != target {
            self.ops.push(Op::MakeDir(history.root.status_dir(target)));
            self.ops.push(Op::Rename {
                from: history.path(base.status),
                to: path.clone(),
                expect: base.stamp,
            });
        }
        self.ops.push(Op::Replace {
            path: path.clone(),
            content: history.last.content.clone().into_bytes(),
            expect: base.stamp,
        });
        self.finished(&path);
    }

    /// Makes the change anew from a person's version. It is written once the journal has it: then
    /// that version is one that the change was made from.
    fn merge(
        &mut self,
        history: &History<'_>,
        scene: &Scene,
        (status, theirs, target): (Status, &Version, Status),
    ) {
        let ours = history.last.content.as_bytes();
        let Ok(ours) = aof_codec::parse_card(&history.last.to, ours) else {
            self.put_beside(history, scene);
            return;
        };
        let path = history.path(target);
        let merged = merged(&theirs.document, ours);
        let Ok(content) = theirs.document.render(&path, &merged) else {
            self.put_beside(history, scene);
            return;
        };
        // Lost power can have taken back an edit that the change was made from, and only the
        // journal has it. Nobody can tell that from an edit made since: both are kept.
        if scene.is_new_boot
            && content != history.last.content
            && let Some((beside, ops)) = ours_beside(history, scene)
        {
            self.lines.push(format!(
                "`{path}` may be older than the change of it that a crash cut off; what the \
                 change was made from is in `{beside}`"
            ));
            self.aside.extend(ops);
        }
        self.lines.push(format!(
            "finished the change of `{path}` that was cut off; kept what was edited since"
        ));
        self.merges.push(CardChange {
            from: Some(history.path(status)),
            to: path,
            revision: history.last.revision,
            made_from: Some(theirs.fingerprint.clone()),
            content,
        });
    }

    /// A person's file that cannot be read stays, with ours beside it.
    fn put_beside(&mut self, history: &History<'_>, scene: &Scene) {
        self.remove_ghosts(history, scene, None);
        let Some((path, ops)) = ours_beside(history, scene) else {
            return;
        };
        self.ops.extend(ops);
        self.lines.push(format!(
            "the card of {} was changed after a crash and cannot be merged; ours is `{path}`",
            history.id
        ));
    }

    /// Names that a lost rename left behind, and torn files, wherever a record put them.
    fn remove_ghosts(&mut self, history: &History<'_>, scene: &Scene, kept: Option<usize>) {
        if !scene.is_new_boot {
            return;
        }
        for (at, copy) in scene.copies.iter().enumerate() {
            let is_ghost = matches!(copy.kind, Kind::Image) && history.is_known_place(copy.status);
            if is_ghost && Some(at) != kept {
                let path = history.path(copy.status);
                self.lines
                    .push(format!("removed `{path}`, left over from a lost rename"));
                self.ops.push(Op::Remove(path));
            }
        }
    }

    fn finished(&mut self, path: &str) {
        self.lines
            .push(format!("finished the change of `{path}` that was cut off"));
    }
}

/// The last change as a file of its own.
fn ours_at(history: &History<'_>, path: String) -> [Op; 2] {
    let content = history.last.content.clone().into_bytes();
    let dir = history.root.status_dir(history.to);
    [Op::MakeDir(dir), Op::Create { path, content }]
}

/// The path of the last change beside the card, and what puts it there. None if it is there.
fn ours_beside(history: &History<'_>, scene: &Scene) -> Option<(String, Vec<Op>)> {
    match &scene.beside {
        Beside::Kept => None,
        Beside::Free(path) => Some((path.clone(), ours_at(history, path.clone()).into())),
        Beside::Torn(path, stamp) => {
            let op = Op::Replace {
                path: path.clone(),
                content: history.last.content.clone().into_bytes(),
                expect: Some(*stamp),
            };
            Some((path.clone(), vec![op]))
        }
    }
}

/// A person's card with the fields that the scheduler owns.
fn merged(theirs: &CardDocument, ours: CardDocument) -> Card {
    let (theirs, ours) = (theirs.card(), ours.into_card());
    Card {
        status: ours.status,
        lease: ours.lease,
        metadata: ours.metadata,
        updated_at: ours.updated_at,
        last_transition_at: ours.last_transition_at,
        revision: ours.revision,
        content_hash: Some(aof_codec::content_hash(&theirs.body)),
        ..theirs.clone()
    }
}

#[cfg(test)]
mod tests;
