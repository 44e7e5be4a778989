//! Heads that break a rule: lines, fields, hosts and targets.

use crate::corpus::{self, Group};
use crate::support::Judge;

async fn refused(groups: &[&Group]) {
    let mut judge = Judge::reading().await;
    for group in groups {
        judge.holds(group).await;
    }
}

#[tokio::test]
async fn a_name_that_is_no_token_is_refused() {
    // HT-11, OWIN-034, attack 3.
    refused(&[&corpus::NAMES]).await;
}

#[tokio::test]
async fn a_line_that_goes_on_in_the_next_is_refused() {
    // HT-09, attack 3.
    refused(&[&corpus::FOLDS, &corpus::FIRST_LINES]).await;
}

#[tokio::test]
async fn a_line_that_does_not_end_with_crlf_is_refused() {
    // HT-10, attack 3.
    refused(&[&corpus::LINE_ENDS_OF_HEADS]).await;
}

#[tokio::test]
async fn a_control_character_in_a_value_is_refused() {
    // HT-10, attack 3, attack 30.
    refused(&[&corpus::VALUES]).await;
}

#[tokio::test]
async fn a_request_line_that_has_not_its_three_words_is_refused() {
    // HT-12.
    refused(&[&corpus::REQUEST_LINES]).await;
}

#[tokio::test]
async fn a_method_that_is_no_token_is_refused() {
    // HT-12, OWIN-013.
    refused(&[&corpus::METHODS]).await;
}

#[tokio::test]
async fn a_version_that_is_none_or_is_not_spoken_is_refused() {
    // HT-12.
    refused(&[&corpus::VERSIONS]).await;
}

#[tokio::test]
async fn a_host_that_is_missing_doubled_or_illegal_is_refused() {
    // HT-13, OWIN-092, OWIN-096, OWIN-097, attack 4.
    refused(&[&corpus::HOSTS, &corpus::HOSTS_OF_HTTP_10]).await;
}

#[tokio::test]
async fn a_host_beside_an_absolute_target_must_be_legal_too() {
    // HT-13, OWIN-094, attack 4.
    Judge::reading().await.takes(corpus::HOSTS_BESIDE_A_TARGET).await;
}

#[tokio::test]
async fn a_target_in_none_of_the_forms_is_refused() {
    // OWIN-105, OWIN-106, OWIN-113, attack 4.
    refused(&[&corpus::FORMS]).await;
}

#[tokio::test]
async fn a_target_of_another_scheme_or_without_a_legal_host_is_refused() {
    // OWIN-094, attack 4.
    refused(&[&corpus::SCHEMES]).await;
}

#[tokio::test]
async fn a_control_character_in_a_target_is_refused() {
    // attack 30.
    refused(&[&corpus::CONTROLS]).await;
}

#[tokio::test]
async fn what_is_encoded_in_a_target_becomes_no_line_and_no_request() {
    // OWIN-110, OWIN-113, attack 4, attack 30.
    Judge::reading().await.takes(corpus::ENCODED).await;
}
