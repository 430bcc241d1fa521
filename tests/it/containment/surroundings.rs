//! What the guest sees of the machine.

use aof_host::clock::SeededEntropy;
use aof_host::instance::Limits;

use super::stage::{CountingStore, NOW_MS, ask, config, ctx, guest, open};

#[test]
fn a_guest_sees_no_environment_and_no_arguments() {
    let mut instance = open();
    assert_eq!(ask(&mut instance, "environment").expect("answer"), "0");
    assert_eq!(ask(&mut instance, "arguments").expect("answer"), "0");
}

#[test]
fn a_guest_can_open_list_and_create_no_file() {
    assert_eq!(ask(&mut open(), "files").expect("answer"), "");
}

#[test]
fn a_guest_reads_an_empty_input() {
    let read = ask(&mut open(), "input").expect("answer");
    assert!(read == "Some(0)" || read == "None", "{read}");
}

#[test]
fn a_guest_is_told_the_time_of_the_call_and_it_stands_still() {
    let mut instance = open();
    assert_eq!(
        ask(&mut instance, "wall-clock").expect("answer"),
        NOW_MS.to_string()
    );
    assert_eq!(ask(&mut instance, "elapsed").expect("answer"), "0");
}

#[test]
fn a_guest_that_sleeps_an_hour_returns_at_once() {
    assert_eq!(ask(&mut open(), "sleep").expect("answer"), "woken");
}

#[test]
fn what_a_guest_prints_goes_nowhere_and_harms_nobody() {
    let mut instance = open();
    assert_eq!(ask(&mut instance, "chatter").expect("answer"), "said");
    assert_eq!(ask(&mut instance, "nothing").expect("answer"), "");
}

#[test]
fn the_dice_of_a_guest_are_those_of_the_call() {
    let thrown = |seed: u64| {
        let mut dice = SeededEntropy::new(seed);
        let entropy = (dice.draw_u64(), dice.draw_u64());
        let store = Box::new(CountingStore::default());
        let (mut instance, _) = aof_host::instance::Instance::open(
            guest(),
            store,
            Limits::default(),
            &ctx(entropy),
            &config(None),
        )
        .expect("opens");
        let reply = instance
            .call_tool(&ctx(entropy), "dice", "")
            .expect("reply");
        format!("{reply:?}")
    };
    assert_eq!(thrown(1), thrown(1));
    assert_ne!(thrown(1), thrown(2));
}
