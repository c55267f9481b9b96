//! The contract suite: what every implementation of the ports must do, however it does it.
//!
//! An implementation's test names a function that makes a [`ContractWorld`]:
//!
//! ```ignore
//! async fn world() -> SimWorld { .. }
//! platform::contract_tests!(world);
//! ```
//!
//! and gets one test for each case. Every case has users of its own, so cases may share one
//! database and run at the same time.

pub mod belongings;
pub mod chats;
pub mod connections;
pub mod conversation_life;
pub mod conversations;
pub mod deletions;
pub mod endings;
pub mod errands;
pub mod inbox;
pub mod incoming;
pub mod launches;
pub mod leases;
pub mod links;
mod memory;
pub mod order;
mod pool;
pub mod reading;
pub mod releases;
pub mod restores;
mod scene;
pub mod schedules;
pub mod settings;
pub mod skills;
pub mod snapshots;
pub mod spares;
pub mod sweeps;
pub mod task_life;
pub mod texts;
pub mod uploads;
pub mod usage;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use domain::{IncomingKey, SpareId, UploadKey, UserId};

use crate::{
    Belongings, Chats, Connections, Conversations, Deletions, Errands, Inbox, IncomingFiles, Links,
    ParkedUpdates, Releases, Schedules, Settings, Skills, Snapshots, Spares, Tasks, Uploads,
    UsageRecords,
};

#[async_trait]
pub trait ContractWorld: Send + Sync {
    fn inbox(&self) -> Arc<dyn Inbox>;
    fn tasks(&self) -> Arc<dyn Tasks>;
    fn connections(&self) -> Arc<dyn Connections>;
    fn conversations(&self) -> Arc<dyn Conversations>;

    fn spares(&self) -> Arc<dyn Spares>;
    fn settings(&self) -> Arc<dyn Settings>;
    fn releases(&self) -> Arc<dyn Releases>;
    fn snapshots(&self) -> Arc<dyn Snapshots>;

    fn uploads(&self) -> Arc<dyn Uploads>;
    /// What a page does with a form.
    async fn upload(&self, key: &UploadKey, bytes: &[u8]);

    fn schedules(&self) -> Arc<dyn Schedules>;
    fn skills(&self) -> Arc<dyn Skills>;
    fn errands(&self) -> Arc<dyn Errands>;
    fn incoming(&self) -> Arc<dyn IncomingFiles>;
    /// What a page does with a form for the workspace.
    async fn send_in(&self, key: &IncomingKey, bytes: &[u8]);

    fn links(&self) -> Arc<dyn Links>;
    fn chats(&self) -> Arc<dyn Chats>;
    fn parked_updates(&self) -> Arc<dyn ParkedUpdates>;

    fn usage(&self) -> Arc<dyn UsageRecords>;
    fn deletions(&self) -> Arc<dyn Deletions>;
    fn belongings(&self) -> Arc<dyn Belongings>;

    /// Somebody whom this world has not seen.
    fn new_user(&self) -> UserId {
        let (process, number) = unseen();
        UserId::new(format!("contract:{process}.{number}")).expect("allowed characters")
    }

    fn new_spare(&self) -> SpareId {
        let (process, number) = unseen();
        SpareId::new(format!("contract-{process}-{number}")).expect("allowed characters")
    }
}

fn unseen() -> (u32, u64) {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    (std::process::id(), SEEN.fetch_add(1, Ordering::Relaxed))
}

/// One `#[tokio::test]` for each case of the contract, against what `$world().await` gives.
#[macro_export]
macro_rules! contract_tests {
    ($world:ident) => {
        $crate::contract_tests! { $world;
            inbox:
                a_message_is_accepted_once_and_known_again,
                fifty_puts_of_one_id_are_accepted_once,
                one_id_of_two_users_is_two_messages,
                a_message_reads_back_whole,
                ids_may_have_every_allowed_character,
                the_outline_is_in_order_and_without_texts,
                a_finished_message_keeps_its_place_in_the_outline,
                many_long_messages_are_all_open,
                expired_messages_are_hidden,
                an_expired_id_may_be_used_again,
                only_an_open_message_can_be_cancelled,
                a_message_nobody_has_begun_is_amended_once,
                of_parts_that_come_at_once_none_is_lost,
                a_message_that_is_being_answered_is_not_amended;
            order:
                a_message_is_stamped_later_than_all_before_whatever_the_clocks_say,
                fifty_puts_at_once_have_fifty_places,
                a_message_makes_its_user_due,
                a_message_leaves_the_mark_of_who_is_due_already,
                a_duplicate_changes_nothing;
            leases:
                a_lease_counts_and_names_its_generation,
                a_lease_whose_answer_was_lost_can_be_asked_for_again,
                a_newer_generation_takes_a_lease_over,
                an_older_generation_leases_nothing,
                a_generation_that_was_never_launched_leases_nothing,
                a_released_generation_leases_nothing,
                a_message_that_is_not_open_cannot_be_leased,
                a_lease_given_back_keeps_its_attempts,
                what_was_written_is_kept_until_there_is_more_or_an_end,
                only_a_lease_of_ones_own_is_given_back,
                a_cancelled_message_says_so_to_the_bridge_that_leases_it;
            endings:
                the_reply_and_the_end_of_the_message_are_one,
                a_message_ends_once,
                of_ten_completions_at_once_one_counts,
                a_dead_message_keeps_its_text,
                attachments_stay_with_their_message,
                a_message_without_a_lease_does_not_end,
                a_fenced_completion_leaves_nothing_behind,
                a_tombstone_expires_after_two_days,
                what_a_channel_is_owed_is_known_until_it_was_delivered,
                a_zombie_delivers_nothing;
            launches:
                a_user_without_a_row_is_idle,
                a_claim_starts_the_next_generation,
                of_fifty_claims_one_wins,
                a_claim_on_an_old_view_loses,
                a_claim_forgets_the_last_task_and_keeps_the_history,
                a_launch_is_recorded,
                a_failed_launch_is_idle_and_due_soon,
                failed_launches_are_counted_until_one_is_running,
                a_launch_is_due_at_its_time_and_not_before,
                a_user_who_only_wrote_is_launched,
                the_wake_ups_of_everybody_have_a_median;
            task_life:
                a_bridge_reports_its_life,
                the_last_ten_wake_ups_are_kept,
                a_wake_up_is_remembered_with_its_time_and_machine,
                an_older_generation_changes_nothing,
                a_released_generation_changes_nothing,
                a_release_makes_the_user_idle,
                a_release_of_an_older_generation_leaves_the_current_one,
                what_is_released_never_falls,
                a_release_is_heard_whoever_launches_meanwhile,
                an_abandoned_generation_is_fenced_and_waited_for,
                an_abandoned_generation_that_is_still_the_last_one_can_be_released,
                a_launch_whose_bridge_was_heard_of_has_not_failed,
                a_younger_end_says_nothing_of_an_older_task,
                releasing_a_user_without_a_task_does_nothing;
            sweeps:
                an_idle_user_to_whom_nothing_came_is_settled,
                a_user_who_never_wrote_is_settled,
                a_user_with_a_task_is_not_settled,
                a_message_after_the_look_keeps_the_mark,
                a_launch_after_the_look_keeps_the_mark,
                who_is_as_seen_is_looked_at_again,
                who_is_no_longer_as_seen_keeps_his_mark,
                a_warning_counts_once_and_an_older_one_not_at_all,
                due_users_are_found_whoever_they_are,
                many_users_are_read_at_once;
            spares:
                a_spare_is_launched_ready_and_forgotten,
                all_spares_are_found_as_they_are,
                a_spare_that_is_not_there_changes_nothing,
                a_claimed_spare_is_the_users_task,
                a_claim_for_a_user_without_a_row_is_his_first_launch,
                only_a_ready_spare_is_claimed,
                a_claimed_spare_is_never_ready_again,
                a_retired_spare_is_not_claimed,
                a_lost_race_leaves_the_spare_in_the_pool,
                of_two_hundred_claims_on_ten_spares_ten_win,
                one_user_gets_one_spare_of_ten;
            connections:
                a_connection_reads_back_until_it_expires,
                a_bridge_of_the_current_generation_receives_nudges,
                a_bridge_of_another_generation_is_fenced,
                the_clients_of_a_user_are_neither_bridges_nor_anybody_elses,
                a_removed_connection_is_gone_and_may_be_removed_again,
                removing_the_bridges_connection_stops_nudges,
                removing_an_old_bridge_connection_leaves_the_new_one,
                a_spare_hears_of_its_claim_on_its_newest_connection,
                a_spare_that_is_claimed_or_gone_is_fenced;
            links:
                a_code_links_an_account_once,
                who_won_and_did_not_hear_of_it_wins_again,
                a_wrong_code_and_an_expired_one_look_the_same,
                a_new_code_is_the_only_one,
                a_code_is_one_users_until_it_expires,
                of_codes_that_are_issued_at_once_one_is_good,
                of_two_who_redeem_a_code_at_once_one_wins,
                nothing_that_is_linked_is_replaced,
                unlinking_leaves_neither_account_nor_code,
                a_code_without_an_account_is_revoked_as_well,
                five_tries_an_hour_and_not_one_more,
                of_twenty_tries_at_once_five_count;
            chats:
                a_chat_leads_where_its_user_chose_last,
                a_group_that_moved_is_known_by_its_new_name,
                a_stranger_is_greeted_once_a_day,
                an_update_is_answered_once,
                what_cannot_be_processed_is_kept_with_its_reason;
            schedules:
                a_schedule_reads_back_whole,
                a_schedule_is_made_once,
                a_change_takes_the_place_of_the_revision_before,
                only_the_revision_that_was_armed_is,
                the_last_run_only_rises,
                a_schedule_that_is_removed_is_gone_and_may_be_made_anew;
            releases:
                of_two_who_change_the_release_one_wins;
            settings:
                a_setting_is_the_last_one_chosen,
                every_setting_reads_back_alone_and_among_all,
                a_setting_that_is_removed_was_never_chosen;
            snapshots:
                the_base_is_what_the_next_one_reads,
                a_recorded_snapshot_reads_back_whole,
                a_released_generation_neither_begins_nor_records,
                a_generation_that_was_never_launched_neither_begins_nor_records,
                an_abandoned_generation_records_and_does_not_begin,
                a_zombie_records_nothing_once_a_younger_one_has_begun,
                recording_again_changes_nothing,
                a_snapshot_that_comes_after_a_later_one_is_listed_and_not_the_base,
                a_generation_may_begin_anew_until_it_has_recorded,
                snapshots_are_listed_newest_first_by_the_page,
                a_place_in_the_list_outlives_its_snapshot,
                what_is_forgotten_is_no_longer_listed,
                of_two_generations_at_once_the_younger_one_wins;
            restores:
                one_restore_is_asked_for_at_a_time,
                a_request_survives_its_task,
                who_asks_for_a_restore_is_due_until_it_is_done,
                a_request_after_the_look_keeps_the_mark,
                beginning_with_what_was_asked_for_is_the_restore,
                a_restore_that_failed_stays_failed,
                a_restore_ends_once_by_the_current_generation;
            conversation_life:
                a_conversation_is_begun_once_and_keeps_its_title,
                a_conversation_is_renamed,
                conversations_are_listed_by_the_page,
                history_goes_on_in_both_directions,
                everything_said_is_read_from_the_newest_on,
                what_is_deleted_is_gone_at_once_and_then_for_good,
                what_is_said_after_a_deletion_stays,
                a_deletion_that_met_an_answer_hides_nothing,
                a_dead_message_is_forgotten_and_others_are_not;
            reading:
                a_conversation_knows_where_it_was_spoken_in,
                what_was_read_never_becomes_unread,
                of_marks_that_come_at_once_the_latest_stays,
                a_conversation_opens_at_a_message_that_was_found,
                a_place_is_known_before_its_message_has_an_answer;
            conversations:
                a_conversation_begins_empty,
                conversations_are_listed_by_activity_under_their_first_message,
                history_is_in_order_and_pairs_stand_together,
                history_pages_meet_without_gap_or_overlap,
                a_page_that_just_fits_is_the_last,
                a_place_of_another_conversation_reads_as_the_end,
                a_conversation_whose_name_starts_like_another_is_its_own,
                a_reply_reads_back_whole,
                expired_conversations_are_hidden;
            skills:
                a_skill_reads_back_whole,
                a_skill_takes_the_place_of_the_one_before,
                a_removed_skill_is_gone_and_may_be_removed_again,
                as_many_skills_as_a_user_may_have_are_listed;
            errands:
                an_errand_is_asked_taken_answered_and_read,
                an_errand_that_has_expired_is_nobodys,
                only_the_current_bridge_takes_and_answers;
            incoming:
                what_was_sent_is_listed_and_reads_back,
                what_was_removed_is_gone_and_may_be_removed_again;
            texts:
                messages_of_every_size_read_back,
                replies_of_every_size_read_back,
                a_page_of_history_holds_long_replies_too;
            usage:
                batches_add_up_by_day,
                a_batch_that_is_added_again_counts_once,
                of_two_generations_at_once_the_younger_one_counts,
                a_day_is_kept_for_four_hundred;
            deletions:
                who_leaves_is_fenced_until_all_is_gone,
                a_deletion_goes_on_as_it_began,
                somebody_looks_after_who_leaves,
                the_fence_of_who_came_back_stays;
            belongings:
                everything_of_a_user_is_found_by_its_place,
                everything_of_one_user_goes_and_nothing_of_anothers;
            uploads:
                an_upload_reads_back_whatever_it_is_called,
                what_was_never_sent_is_not_found;
        }
    };
    ($world:ident; $($module:ident: $($case:ident),+;)+) => {$(
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let world = super::$world().await;
                    $crate::contract::$module::$case(&world).await;
                }
            )+
        }
    )+};
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_in_the_list() {
        let list = include_str!("contract.rs");
        let files = [
            include_str!("contract/belongings.rs"),
            include_str!("contract/chats.rs"),
            include_str!("contract/connections.rs"),
            include_str!("contract/conversation_life.rs"),
            include_str!("contract/conversations.rs"),
            include_str!("contract/deletions.rs"),
            include_str!("contract/endings.rs"),
            include_str!("contract/errands.rs"),
            include_str!("contract/inbox.rs"),
            include_str!("contract/incoming.rs"),
            include_str!("contract/launches.rs"),
            include_str!("contract/leases.rs"),
            include_str!("contract/links.rs"),
            include_str!("contract/order.rs"),
            include_str!("contract/reading.rs"),
            include_str!("contract/releases.rs"),
            include_str!("contract/restores.rs"),
            include_str!("contract/schedules.rs"),
            include_str!("contract/settings.rs"),
            include_str!("contract/skills.rs"),
            include_str!("contract/snapshots.rs"),
            include_str!("contract/spares.rs"),
            include_str!("contract/sweeps.rs"),
            include_str!("contract/task_life.rs"),
            include_str!("contract/texts.rs"),
            include_str!("contract/uploads.rs"),
            include_str!("contract/usage.rs"),
        ];
        let lines = files.iter().flat_map(|file| file.lines());
        let cases = lines.filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next());
        let missing: Vec<&str> = cases
            .filter(|case| {
                !list.contains(&format!(" {case},")) && !list.contains(&format!(" {case};"))
            })
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
