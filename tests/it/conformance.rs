//! The conformance suite of the store port, stamped out for every backend.
//!
//! Never looks behind the port, except by the hand of a person at the disk. Invariant: a case says
//! nothing about one backend only; what only a directory can show is in `local`.

mod commit;
mod crash;
mod hand;
mod journal;
mod limit;
mod local;
mod news;
mod node;

mod reading;
mod refusal;
mod session;
mod wasi;
mod writer;

use hand::{Directory, Hand, LocalHand, MemoryHand, NodeHand, PortableHand};

/// Stamps out one case for one backend.
macro_rules! conformance_case {
    ([$hand:ident $($when:tt)*] $theme:ident $case:ident $constructor:expr) => {
        $($when)*
        #[test]
        fn $case() {
            let disk: Box<dyn $hand> = Box::new($constructor);
            crate::conformance::$theme::$case(&*disk);
        }
    };
}

/// Stamps out one test per case and backend.
macro_rules! conformance_suite {
    ($kind:tt $name:ident, $constructor:expr; { $($theme:ident: [$($case:ident),* $(,)?])* }) => {
        mod $name {
            $(mod $theme {
                use super::super::*;

                $(conformance_case! { $kind $theme $case $constructor })*
            })*
        }
    };
}

/// Stamps out lists of cases for several backends; a new backend is one line in each list that it
/// can hold.
macro_rules! suites {
    ($kind:tt { $($(#[$when:meta])? $name:ident: $constructor:expr),* $(,)? } $themes:tt) => {
        $(conformance_suite! { [$kind $(#[$when])?] $name, $constructor; $themes })*
    };
}

suites! {
    Hand {
        local_directory: LocalHand::new(),
        memory: MemoryHand::new(),
        portable: PortableHand::new(),
        #[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
        node_process: NodeHand::new(),
    }
    {
        commit: [
            a_created_file_has_its_content,
            creating_needs_a_free_name,
            replacing_writes_new_and_existing_files,
            replacing_the_expected_version_succeeds,
            a_rename_keeps_content_and_stamp,
            a_rename_needs_a_free_target,
            removing_is_idempotent,
            making_a_directory_makes_its_parents,
            appending_creates_and_extends,
            a_torn_last_line_is_completed_first,
            steps_see_what_the_steps_before_them_did,
            a_renamed_file_keeps_its_expected_version_within_the_batch,
            a_whole_transition_is_one_batch,
            an_empty_batch_is_fine,
            a_name_freed_by_the_batch_can_be_taken_again,
        ]
        journal: [
            journal_lines_are_appended,
            a_torn_journal_line_is_completed_first,
            the_line_comes_before_the_rest_wherever_it_stands,
            a_missing_journal_is_stale,
            a_journal_is_a_plain_file_inside_the_root,
            a_refused_batch_leaves_no_line,
            a_later_writer_ends_a_former_one_by_its_journal,
            a_sync_is_fine_anywhere_in_a_batch,
            own_journal_lines_are_no_news,
        ]
        refusal: [
            a_refused_batch_changes_nothing,
            a_missing_parent_is_not_found,
            a_file_is_no_parent,
            directories_are_neither_moved_nor_replaced_nor_removed,
            hostile_paths_are_refused_everywhere,
            the_files_that_fence_writers_cannot_be_written,
            an_edit_by_hand_between_read_and_commit_is_kept,
            a_file_that_appeared_by_hand_is_kept,
            a_card_moved_by_hand_is_not_found,
            a_deleted_file_is_a_conflict_for_who_expects_it,
            a_version_written_by_the_batch_itself_cannot_be_expected,
        ]
        reading: [
            blobs_come_in_order,
            bytes_come_back_as_they_are,
            a_directory_is_refused,
            hostile_paths_are_refused,
            listings_are_sorted_and_name_kinds,
            listings_come_in_order_with_absent_ones,
            a_file_is_not_a_directory,
            stamps_tell_versions_apart,
            a_listing_and_a_read_agree_on_the_stamp,
        ]
        news: [
            a_directory_listed_without_watching_is_no_news,
            listing_without_watching_keeps_the_watch_and_its_news,
            nothing_is_news_at_first,
            what_a_hand_creates_is_reported,
            what_a_hand_edits_is_reported,
            what_a_hand_moves_is_reported_in_both_directories,
            what_a_hand_deletes_is_reported,
            own_commits_are_not_reported,
            a_hand_between_own_commits_is_still_reported,
            a_hand_on_an_own_file_is_reported,
            an_absent_directory_is_reported_when_it_appears,
            an_absent_directory_made_by_an_own_commit_is_no_news,
            a_directory_that_vanishes_takes_its_entries_along,
            hidden_files_are_no_news,
            what_was_never_listed_is_no_news,
            a_new_directory_is_an_entry_of_its_parent,
            changes_inside_a_directory_are_no_news_of_its_parent,
            pages_follow_the_cursor,
            the_same_cursor_gives_the_same_page,
            the_cursor_of_a_commit_skips_nothing,
            opening_again_forgets_what_was_watched,
            listing_again_takes_the_news_in,
        ]
        writer: [
            a_second_writer_is_told_who_is_first,
            the_lock_ends_with_its_holder,
            a_reader_lives_beside_a_writer,
            a_reader_cannot_commit,
            a_backend_that_was_never_opened_cannot_commit,
            the_epoch_grows_with_every_opening,
            other_epochs_are_stale,
            opening_again_keeps_the_lock,
            a_writer_that_becomes_a_reader_lets_go,
            the_next_writer_finds_everything,
        ]
        limit: [
            a_batch_has_its_most_operations,
            a_batch_has_its_most_bytes,
            a_file_is_read_up_to_the_size_asked_for,
            a_file_is_never_read_beyond_the_limit,
            paths_have_their_limits,
        ]
    }
}

// What works on a directory.
suites! {
    Directory {
        a_directory: LocalHand::new(),
        a_portable_directory: PortableHand::new(),
        #[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
        a_directory_of_node: NodeHand::new(),
    }
    {
        local: [
            symlinks_and_fifos_are_listed_as_other,
            nothing_is_read_through_a_symlink_or_from_a_fifo,
            a_symlinked_directory_is_not_listed,
            nothing_is_written_to_or_through_what_is_not_a_plain_file,
            a_directory_swapped_for_a_symlink_is_gone,
            names_that_are_not_utf8_are_counted_and_left_alone,
            a_commit_leaves_no_hidden_files,
            a_replaced_file_is_a_new_one_and_an_open_reader_keeps_the_old,
            a_log_is_appended_in_place,
            a_reader_leaves_no_trace_in_an_empty_directory,
            the_owner_file_says_who_writes_since_when,
            a_writer_whose_lock_file_was_replaced_is_stale,
        ]
    }
}

// For hosts that are told of the machine, as WASI does not.
suites! {
    Hand {
        a_machine: LocalHand::new(),
        a_machine_in_memory: MemoryHand::new(),
        #[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
        a_machine_of_node: NodeHand::new(),
    }
    {
        journal: [sessions_of_one_start_have_one_boot]
    }
}

// For what has permissions, as WASI has not.
suites! {
    Directory {
        permissions: LocalHand::new(),
        #[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
        permissions_of_node: NodeHand::new(),
    }
    {
        local: [
            a_new_content_keeps_the_permissions_of_the_file_also_across_a_move,
            what_fences_writers_is_for_nobody_else,
        ]
    }
}
