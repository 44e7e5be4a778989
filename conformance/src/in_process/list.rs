//! The checks as tests, written from the records: `UPDATE_GOLDEN=1 cargo test -p owin-conformance`.

/// Makes a test of each check of a profile, which calls a function with the id.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    (@ $tried:ident $($name:ident $id:literal)*) => {
        $(
            #[test]
            fn $name() -> ::core::result::Result<(), $crate::in_process::Failed> {
                $tried($id)
            }
        )*
    };
    (required $tried:ident) => {
        $crate::tests_of! { @ $tried
            rq_01_method "RQ-01"
            rq_02_query "RQ-02"
            rq_03_path "RQ-03"
            rq_04_fields "RQ-04"
            rq_05_body "RQ-05"
            rq_06_chunked_body "RQ-06"
            rq_07_protocol "RQ-07"
            rq_08_one_call "RQ-08"
            rq_09_nothing_set "RQ-09"
            rq_10_status "RQ-10"
            rq_11_reason "RQ-11"
            rq_12_response_fields "RQ-12"
            rq_13_response_body "RQ-13"
            rq_14_no_content "RQ-14"
            rq_15_failure "RQ-15"
            rq_16_broken_off "RQ-16"
            rq_17_early_answer "RQ-17"
        }
    };
    (http1 $tried:ident) => {
        $crate::tests_of! { @ $tried
            h1_01_no_host "H1-01"
            h1_02_two_hosts "H1-02"
            h1_03_odd_host "H1-03"
            h1_04_blank_before_a_colon "H1-04"
            h1_05_odd_name "H1-05"
            h1_06_bare_carriage_return "H1-06"
            h1_07_nul_in_a_value "H1-07"
            h1_08_folded_line "H1-08"
            h1_09_blank_before_the_first_field "H1-09"
            h1_10_names_in_any_case "H1-10"
            h1_11_odd_version "H1-11"
            h1_12_blank_in_a_target "H1-12"
            h1_13_control_in_a_target "H1-13"
            h1_14_odd_method "H1-14"
            h1_15_absolute_target "H1-15"
            h1_16_empty_line_before_a_request "H1-16"
            h1_17_kept_alive "H1-17"
            h1_18_closed_when_asked "H1-18"
            h1_19_pipelined "H1-19"
            h1_20_byte_by_byte "H1-20"
            h1_21_half_closed "H1-21"
            h1_22_http_10_ends "H1-22"
            h1_30_reset_in_a_body "H1-30"
            h1_23_chunks_are_read "H1-23"
            h1_24_coding_in_any_case "H1-24"
            h1_25_continue "H1-25"
            h1_26_no_continue_for_http_10 "H1-26"
            h1_27_grammar_of_an_answer "H1-27"
            h1_28_head_has_no_body "H1-28"
            h1_29_date "H1-29"
        }
    };
    (smuggling $tried:ident) => {
        $crate::tests_of! { @ $tried
            sm_01_length_beside_chunks "SM-01"
            sm_02_two_lengths "SM-02"
            sm_03_listed_lengths "SM-03"
            sm_04_odd_length "SM-04"
            sm_05_huge_length "SM-05"
            sm_06_unknown_coding "SM-06"
            sm_07_chunked_not_last "SM-07"
            sm_08_chunked_twice "SM-08"
            sm_09_coding_in_http_10 "SM-09"
            sm_10_coding_behind_a_blank "SM-10"
            sm_11_coding_in_disguise "SM-11"
            sm_12_odd_chunk_size "SM-12"
            sm_13_huge_chunk_size "SM-13"
            sm_14_chunk_without_its_end "SM-14"
            sm_15_line_feed_in_an_extension "SM-15"
            sm_16_line_feed_behind_a_chunk "SM-16"
            sm_17_request_in_a_body "SM-17"
            sm_18_body_of_a_get "SM-18"
            sm_19_unread_body "SM-19"
            sm_20_request_in_chunks "SM-20"
        }
    };
    (middleware $tried:ident) => {
        $crate::tests_of! { @ $tried
            mw_01_reaches_the_app "MW-01"
            mw_02_lint "MW-02"
            mw_03_outside_is_seen_inside "MW-03"
            mw_04_environment_comes_back "MW-04"
            mw_05_callbacks "MW-05"
            mw_23_lint_advice "MW-23"
            mw_06_lines_of_a_request "MW-06"
            mw_07_lines_of_an_answer "MW-07"
            mw_08_request_stays "MW-08"
            mw_09_answer_stays "MW-09"
            mw_10_body_of_a_request "MW-10"
            mw_11_request_streams "MW-11"
            mw_12_trailers_of_a_request "MW-12"
            mw_13_body_of_an_answer "MW-13"
            mw_14_flush "MW-14"
            mw_15_back_pressure "MW-15"
            mw_16_trailers_of_an_answer "MW-16"
            mw_17_error "MW-17"
            mw_18_panic "MW-18"
            mw_19_late_error "MW-19"
            mw_20_cancellation "MW-20"
            mw_21_upgrade "MW-21"
            mw_22_calls_apart "MW-22"
        }
    };
    ($other:ident $tried:ident) => {
        compile_error!(concat!(
            "there is no profile `",
            stringify!($other),
            "`; there are: required, http1, smuggling, middleware"
        ));
    };
}
