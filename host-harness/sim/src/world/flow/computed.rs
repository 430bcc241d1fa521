//! Hops that nobody does: they decide, or they expand.
//!
//! Invariant: a decision that waits for all may ask for all.

use serde_json::{Value, json};

use super::super::options::Options;
use super::{edge, join, name, tagged};
use crate::agent::plans_are_of_tasks;

/// Makes a hop that depends on these one that is computed.
pub(super) fn hop(
    mut hop: Value,
    (options, before): (&Options, &[u32]),
    dice: &mut fastrand::Rng,
) -> Value {
    hop["dependsOn"] = before.iter().map(|from| edge(*from, dice)).collect();
    let is_early = dice.u8(0..3) == 0;
    if dice.u8(0..3) > 0 {
        hop["kind"] = json!("decide");
        hop["decide"] = rule(before, is_early, dice);
    } else {
        hop["kind"] = json!("expand");
        hop["expand"] = expand(options, before, dice);
    }
    if is_early && let Some(join) = join(before.len(), dice) {
        hop["joinType"] = json!(join);
    }
    if dice.u8(0..8) == 0 {
        hop["condition"] = tagged(dice);
    }
    hop
}

fn rule(before: &[u32], is_early: bool, dice: &mut fastrand::Rng) -> Value {
    let rules = [
        "majority",
        "majority",
        "unanimous",
        "weighted",
        "first_wins",
        "human_review",
        "human_review",
    ];
    let named = dice.choice(rules).unwrap_or("majority");
    let mut rule = json!({"consensus": named});
    if dice.bool() {
        rule["options"] = json!(["aye", "nay"]);
    }
    if matches!(named, "majority" | "unanimous" | "weighted") && !is_early {
        if before.len() > 1 && dice.bool() {
            rule["minVotes"] = json!(2);
        }
        if dice.bool() {
            rule["allowPartial"] = json!(false);
        }
    }
    if named == "majority" && !is_early && dice.bool() {
        rule["minConfidence"] = json!(0.9);
    }
    if named == "weighted"
        && let Some(first) = before.first()
    {
        rule["weights"] = json!({name(*first): dice.u32(0..=3)});
    }
    rule
}

fn expand(options: &Options, before: &[u32], dice: &mut fastrand::Rng) -> Value {
    let into = match plans_are_of_tasks(options.seed, dice) {
        true => "tasks",
        false => "hops",
    };
    let mut expand = json!({"into": into, "maxCount": dice.u32(2..=3)});
    if before.len() > 1 {
        expand["from"] = json!(dice.choice(before).map(|from| name(*from)));
    }
    expand
}
