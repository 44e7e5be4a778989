//! Where a request ends: nothing behind a message that is refused, and nothing in a body, becomes a
//! request.

use std::collections::BTreeSet;

use crate::corpus::{self, Group};
use crate::support::{Judge, digest, serve};

async fn refused(groups: &[&Group]) {
    let mut judge = Judge::reading().await;
    for group in groups {
        judge.holds(group).await;
    }
}

#[tokio::test]
async fn a_length_that_is_no_decimal_number_is_refused() {
    // HT-03, attack 1.
    refused(&[&corpus::LENGTHS]).await;
}

#[tokio::test]
async fn more_than_one_length_is_refused() {
    // HT-02, attack 1.
    refused(&[&corpus::REPEATED, &corpus::LENGTHS_OF_HTTP_10]).await;
}

#[tokio::test]
async fn a_length_beside_chunks_is_refused() {
    // HT-01, attack 1.
    refused(&[&corpus::BOTH]).await;
}

#[tokio::test]
async fn a_coding_other_than_chunked_is_refused() {
    // HT-04, attack 1.
    refused(&[&corpus::CODINGS]).await;
}

#[tokio::test]
async fn a_coding_in_a_line_that_only_some_would_read_is_refused() {
    // HT-04, HT-09, HT-10, HT-11, attack 1, attack 3.
    refused(&[&corpus::CODINGS_IN_DISGUISE]).await;
}

#[tokio::test]
async fn chunks_in_http_10_are_refused() {
    // HT-05, attack 1.
    refused(&[&corpus::CODINGS_OF_HTTP_10]).await;
}

#[tokio::test]
async fn a_chunk_size_that_is_no_hexadecimal_number_is_refused() {
    // HT-06, attack 1.
    refused(&[&corpus::SIZES, &corpus::LONG_SIZES]).await;
}

#[tokio::test]
async fn a_chunk_that_does_not_end_with_crlf_is_refused() {
    // HT-06, HT-07, attack 2.
    refused(&[&corpus::LINE_ENDS]).await;
}

#[tokio::test]
async fn a_line_end_in_an_extension_is_refused() {
    // HT-06, attack 2.
    refused(&[&corpus::EXTENSIONS]).await;
}

#[tokio::test]
async fn an_extension_of_no_legal_form_is_refused() {
    // HT-06, attack 2.
    refused(&[&corpus::EXTENSION_GRAMMAR]).await;
}

#[tokio::test]
async fn a_trailer_that_is_no_field_or_would_change_the_framing_is_refused() {
    // HT-08, attack 2.
    refused(&[&corpus::TRAILERS]).await;
}

#[tokio::test]
async fn broken_chunks_that_nobody_reads_are_followed_by_no_request() {
    // HT-06, HT-07, HT-08, attack 2, attack 5.
    let mut judge = Judge::not_reading().await;
    let groups = [
        &corpus::SIZES,
        &corpus::LONG_SIZES,
        &corpus::LINE_ENDS,
        &corpus::EXTENSIONS,
        &corpus::TRAILERS,
    ];
    for group in groups {
        judge.holds(group).await;
    }
}

#[tokio::test]
async fn odd_chunks_that_are_legal_are_read() {
    // OWIN-048, HT-06, attack 2.
    Judge::reading().await.takes(corpus::LAST_CHUNKS).await;
    Judge::not_reading().await.takes(corpus::LAST_CHUNKS).await;
}

#[tokio::test]
async fn a_chunk_of_the_largest_size_takes_what_follows_as_its_data() {
    // HT-06, attack 1: it is never whole, so nothing is answered, and nothing is a second request.
    let server = serve(digest).await;
    let mut client = server.connect().await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(format!("{head}ffffffffffffffff\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")).await;
    client.half_close().await;
    client.is_closed().await;
}

#[tokio::test]
async fn a_request_in_a_body_stays_in_it() {
    // OWIN-057, OWIN-062, OWIN-063, attack 5.
    Judge::reading().await.takes(corpus::BODIES).await;
}

#[tokio::test]
async fn a_request_in_a_body_that_nobody_reads_stays_in_it() {
    // OWIN-062, OWIN-063, attack 5.
    Judge::not_reading().await.takes(corpus::BODIES).await;
}

#[tokio::test]
async fn nothing_follows_the_last_request_of_a_connection() {
    // HT-24, attack 5.
    Judge::reading().await.takes(corpus::ENDS).await;
    Judge::not_reading().await.takes(corpus::ENDS).await;
}

#[tokio::test]
async fn an_expectation_other_than_100_continue_is_refused() {
    // attack 5.
    refused(&[&corpus::EXPECTATIONS]).await;
}

#[tokio::test]
async fn an_upgrade_to_http_2_is_never_made() {
    // attack 1, attack 5.
    Judge::reading().await.takes(corpus::UPGRADES).await;
    Judge::not_reading().await.takes(corpus::UPGRADES).await;
}

#[test]
fn no_message_of_the_corpus_stands_there_twice() {
    let all: Vec<Vec<u8>> = corpus::messages().collect();
    let mut distinct = BTreeSet::new();
    for message in &all {
        assert!(distinct.insert(message), "{}", String::from_utf8_lossy(message));
    }
    assert!(all.len() >= 400, "{}", all.len());
}
