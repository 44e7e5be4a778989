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
            rq_01_method "RQ-01" rq_02_query "RQ-02"
            rq_03_path "RQ-03" rq_04_fields "RQ-04"
            rq_05_body "RQ-05" rq_06_chunked_body "RQ-06"
            rq_07_protocol "RQ-07" rq_08_one_call "RQ-08"
            rq_09_nothing_set "RQ-09" rq_10_status "RQ-10"
            rq_11_reason "RQ-11" rq_12_response_fields "RQ-12"
            rq_13_response_body "RQ-13" rq_14_no_content "RQ-14"
            rq_15_failure "RQ-15" rq_16_broken_off "RQ-16"
            rq_17_early_answer "RQ-17" rq_18_slow_body "RQ-18"
            rq_19_broken_body "RQ-19" rq_20_continue_on_read "RQ-20"
            rq_21_no_continue_unread "RQ-21" rq_22_path_and_base "RQ-22"
            rq_23_odd_escapes "RQ-23" rq_24_parts_of_an_absolute_target "RQ-24"
            rq_25_host_of_an_absolute_target "RQ-25" rq_26_host "RQ-26"
            rq_27_host_of_http_10 "RQ-27" rq_59_named_host_of_http_10 "RQ-59"
            rq_28_scheme "RQ-28" rq_29_bytes_beyond_ascii "RQ-29"
            rq_30_asterisk "RQ-30" rq_31_connect "RQ-31"
            rq_32_flush_on_the_wire "RQ-32" rq_33_many_writes "RQ-33"
            rq_34_large_response "RQ-34" rq_35_short_of_its_length "RQ-35"
            rq_36_beyond_its_length "RQ-36" rq_37_odd_length_of_an_app "RQ-37"
            rq_38_own_coding "RQ-38" rq_39_app_closes "RQ-39"
            rq_40_length_of_head "RQ-40" rq_41_no_chunks_for_http_10 "RQ-41"
            rq_42_odd_status "RQ-42" rq_43_split_phrase "RQ-43"
            rq_44_split_value "RQ-44" rq_45_split_name "RQ-45"
            rq_46_narrowed_value "RQ-46" rq_47_late_field "RQ-47"
            rq_48_own_failure "RQ-48" rq_49_panic_of_an_app "RQ-49"
            rq_50_request_of_its_own "RQ-50" rq_51_response_of_its_own "RQ-51"
            rq_52_calls_at_once "RQ-52" rq_53_required_keys "RQ-53"
            rq_54_environment_of_its_own "RQ-54" rq_55_any_fields "RQ-55"
            rq_56_any_bytes_beyond_ascii "RQ-56" rq_57_any_body "RQ-57"
            rq_58_any_chunks "RQ-58"
        }
    };
    (common $tried:ident) => {
        $crate::tests_of! { @ $tried
            cm_01_remote_address "CM-01" cm_02_remote_port "CM-02"
            cm_03_local_address "CM-03" cm_04_is_local "CM-04"
            cm_05_same_capabilities "CM-05" cm_06_named_server "CM-06"
            cm_07_announced_extensions "CM-07" cm_08_names_of_keys "CM-08"
            cm_09_types_of_keys "CM-09" cm_10_no_empty_keys "CM-10"
            cm_11_request_ids "CM-11" cm_12_callback "CM-12"
            cm_13_callback_without_body "CM-13" cm_14_order_of_callbacks "CM-14"
            cm_15_callbacks_once "CM-15" cm_16_failing_callback "CM-16"
            cm_17_late_callback "CM-17" cm_18_callbacks_of_their_own "CM-18"
            cm_19_request_trailers "CM-19" cm_20_trailers_apart "CM-20"
            cm_21_response_trailers "CM-21"
        }
    };
    (lifetime $tried:ident) => {
        $crate::tests_of! { @ $tried
            lt_01_cancelled_by_reset "LT-01" lt_02_cancelled_by_end "LT-02"
            lt_03_cancelled_by_write "LT-03" lt_04_not_after_success "LT-04"
            lt_05_late_look "LT-05" lt_06_half_closed_while_it_works "LT-06"
            lt_07_read_after_reset "LT-07" lt_08_write_after_reset "LT-08"
            lt_09_endless_call "LT-09" lt_10_many_calls "LT-10"
            lt_11_slow_reader "LT-11" lt_12_slow_app "LT-12"
        }
    };
    (sendfile $tried:ident) => {
        $crate::tests_of! { @ $tried
            fi_01_whole_file "FI-01" fi_02_range_of_a_file "FI-02"
            fi_03_no_bytes_of_a_file "FI-03" fi_04_beyond_a_file "FI-04"
            fi_05_missing_file "FI-05" fi_06_file_between_writes "FI-06"
            fi_07_head_of_a_file "FI-07" fi_08_large_file "FI-08"
            fi_09_head_before_a_file "FI-09"
        }
    };
    (opaque $tried:ident) => {
        $crate::tests_of! { @ $tried
            up_01_switch "UP-01" up_02_fields_of_a_switch "UP-02"
            up_03_no_upgrade_unasked "UP-03" up_04_upgrade_refused "UP-04"
            up_05_no_upgrade_for_http_10 "UP-05" up_06_upgrade_without_option "UP-06"
            up_07_upgrade_in_a_list "UP-07" up_08_both_ways "UP-08"
            up_09_early_bytes "UP-09" up_10_half_closed_stream "UP-10"
            up_11_end_of_a_stream "UP-11" up_12_large_stream "UP-12"
            up_13_failed_stream "UP-13" up_14_body_before_a_stream "UP-14"
            up_15_lost_stream "UP-15"
        }
    };
    (websocket $tried:ident) => {
        $crate::tests_of! { @ $tried
            ws_01_websocket_accept "WS-01" ws_02_websocket_version "WS-02"
            ws_03_websocket_key "WS-03" ws_04_websocket_is_get "WS-04"
            ws_05_websocket_is_asked_for "WS-05" ws_06_websocket_words_in_any_case "WS-06"
            ws_07_early_frames "WS-07" ws_08_websocket_protocol "WS-08"
            ws_09_websocket_extensions "WS-09" ws_10_texts "WS-10"
            ws_11_bytes "WS-11" ws_12_frames_of_the_server "WS-12"
            ws_13_parts_of_messages "WS-13" ws_14_ping_between_parts "WS-14"
            ws_15_ping "WS-15" ws_16_pong "WS-16"
            ws_17_character_in_two_frames "WS-17" ws_18_frames_byte_by_byte "WS-18"
            ws_19_unmasked_frame "WS-19" ws_20_reserved_bits "WS-20"
            ws_21_reserved_opcodes "WS-21" ws_22_long_control_frame "WS-22"
            ws_23_control_frame_in_parts "WS-23" ws_24_continuation_of_nothing "WS-24"
            ws_25_message_within_a_message "WS-25" ws_26_text_that_is_none "WS-26"
            ws_27_length_with_its_top_bit "WS-27" ws_28_odd_close "WS-28"
            ws_29_close "WS-29" ws_30_nothing_behind_a_close "WS-30"
            ws_31_codes_of_failures "WS-31" ws_32_codes_that_nobody_sends "WS-32"
            ws_33_great_frame "WS-33" ws_34_vanishing_clients "WS-34"
            ws_35_half_closed_socket "WS-35"
        }
    };
    (http1 $tried:ident) => {
        $crate::tests_of! { @ $tried
            h1_01_no_host "H1-01" h1_02_two_hosts "H1-02"
            h1_03_odd_host "H1-03" h1_04_blank_before_a_colon "H1-04"
            h1_05_odd_name "H1-05" h1_06_bare_carriage_return "H1-06"
            h1_07_nul_in_a_value "H1-07" h1_08_folded_line "H1-08"
            h1_09_blank_before_the_first_field "H1-09" h1_10_names_in_any_case "H1-10"
            h1_11_odd_version "H1-11" h1_12_blank_in_a_target "H1-12"
            h1_13_control_in_a_target "H1-13" h1_14_odd_method "H1-14"
            h1_15_absolute_target "H1-15" h1_16_empty_line_before_a_request "H1-16"
            h1_17_kept_alive "H1-17" h1_18_closed_when_asked "H1-18"
            h1_19_pipelined "H1-19" h1_20_byte_by_byte "H1-20"
            h1_21_half_closed "H1-21" h1_22_http_10_ends "H1-22"
            h1_30_reset_in_a_body "H1-30" h1_23_chunks_are_read "H1-23"
            h1_24_coding_in_any_case "H1-24" h1_25_continue "H1-25"
            h1_26_no_continue_for_http_10 "H1-26" h1_27_grammar_of_an_answer "H1-27"
            h1_28_head_has_no_body "H1-28" h1_29_date "H1-29"
            h1_31_cut_anywhere "H1-31" h1_32_any_segments "H1-32"
        }
    };
    (smuggling $tried:ident) => {
        $crate::tests_of! { @ $tried
            sm_01_length_beside_chunks "SM-01" sm_02_two_lengths "SM-02"
            sm_03_listed_lengths "SM-03" sm_04_odd_length "SM-04"
            sm_05_huge_length "SM-05" sm_06_unknown_coding "SM-06"
            sm_07_chunked_not_last "SM-07" sm_08_chunked_twice "SM-08"
            sm_09_coding_in_http_10 "SM-09" sm_10_coding_behind_a_blank "SM-10"
            sm_11_coding_in_disguise "SM-11" sm_12_odd_chunk_size "SM-12"
            sm_13_huge_chunk_size "SM-13" sm_14_chunk_without_its_end "SM-14"
            sm_15_line_feed_in_an_extension "SM-15" sm_16_line_feed_behind_a_chunk "SM-16"
            sm_17_request_in_a_body "SM-17" sm_18_body_of_a_get "SM-18"
            sm_19_unread_body "SM-19" sm_20_request_in_chunks "SM-20"
            sm_21_any_pipeline "SM-21"
        }
    };
    (limits $tried:ident) => {
        $crate::tests_of! { @ $tried
            lm_01_usual_request_line "LM-01" lm_02_endless_request_line "LM-02"
            lm_03_too_long_is_414 "LM-03" lm_04_endless_field "LM-04"
            lm_05_too_many_fields "LM-05" lm_06_endless_head "LM-06"
            lm_07_endless_chunk_extension "LM-07" lm_08_extensions_in_every_chunk "LM-08"
            lm_09_endless_chunk_size "LM-09" lm_10_endless_trailers "LM-10"
            lm_11_many_chunks "LM-11" lm_12_great_length "LM-12"
            lm_13_head_limit "LM-13" lm_14_body_limit "LM-14"
            lm_15_head_time "LM-15" lm_16_trickled_head "LM-16"
            lm_17_body_time "LM-17" lm_18_idle_time "LM-18"
            lm_19_deaf_client "LM-19" lm_20_deaf_clients "LM-20"
            lm_21_silent_connections "LM-21" lm_22_half_heads "LM-22"
            lm_23_half_bodies "LM-23" lm_24_storm_of_resets "LM-24"
        }
    };
    (http2 $tried:ident) => {
        $crate::tests_of! { @ $tried
            h2_01_h2_settings_first "H2-01" h2_02_h2_odd_preface "H2-02"
            h2_03_h2_no_settings "H2-03" h2_04_h2_byte_by_byte "H2-04"
            h2_05_h2_error_ends "H2-05" h2_06_h2_settings_acknowledged "H2-06"
            h2_07_h2_unknown_settings "H2-07" h2_08_h2_full_acknowledgement "H2-08"
            h2_09_h2_settings_on_a_stream "H2-09" h2_10_h2_odd_settings "H2-10"
            h2_11_h2_enable_push_2 "H2-11" h2_12_h2_initial_window_too_large "H2-12"
            h2_13_h2_odd_max_frame_size "H2-13" h2_14_h2_ping_answered "H2-14"
            h2_15_h2_pong_not_answered "H2-15" h2_16_h2_odd_ping "H2-16"
            h2_17_h2_ping_on_a_stream "H2-17" h2_18_h2_goaway_on_a_stream "H2-18"
            h2_19_h2_goaway_answers "H2-19" h2_20_h2_unknown_frames "H2-20"
            h2_21_h2_unknown_flags "H2-21" h2_22_h2_priority_ignored "H2-22"
            h2_23_h2_frame_too_long "H2-23" h2_24_h2_data_too_long "H2-24"
            h2_25_h2_reset_of_stream_0 "H2-25" h2_26_h2_reset_of_idle "H2-26"
            h2_27_h2_odd_reset "H2-27" h2_28_h2_push_of_a_client "H2-28"
            h2_29_h2_data_on_stream_0 "H2-29" h2_30_h2_data_on_idle "H2-30"
            h2_31_h2_data_padding "H2-31" h2_32_h2_data_after_end "H2-32"
            h2_33_h2_headers_after_end "H2-33" h2_34_h2_headers_on_stream_0 "H2-34"
            h2_35_h2_even_stream "H2-35" h2_36_h2_lower_stream "H2-36"
            h2_37_h2_headers_padding "H2-37" h2_38_h2_streams_skipped "H2-38"
            h2_39_h2_reset_by_the_client "H2-39" h2_40_h2_late_frames "H2-40"
            h2_41_h2_too_many_streams "H2-41" h2_42_h2_block_in_pieces "H2-42"
            h2_43_h2_frame_within_a_block "H2-43" h2_44_h2_continuation_of_another "H2-44"
            h2_45_h2_continuation_of_nothing "H2-45" h2_46_h2_index_of_nothing "H2-46"
            h2_47_h2_odd_huffman "H2-47" h2_48_h2_huge_integer "H2-48"
            h2_49_h2_cut_block "H2-49" h2_50_h2_table_too_large "H2-50"
            h2_51_h2_table_size_behind "H2-51" h2_52_h2_tables "H2-52"
            h2_53_h2_no_table "H2-53" h2_54_h2_odd_window_update "H2-54"
            h2_55_h2_no_increment "H2-55" h2_56_h2_no_increment_of_a_stream "H2-56"
            h2_57_h2_window_overflow "H2-57" h2_58_h2_window_overflow_of_a_stream "H2-58"
            h2_59_h2_window_overflow_by_settings "H2-59" h2_60_h2_window_of_idle "H2-60"
            h2_61_h2_window_of_a_stream_kept "H2-61" h2_62_h2_window_of_the_connection_kept "H2-62"
            h2_63_h2_window_by_settings "H2-63" h2_64_h2_negative_window "H2-64"
            h2_65_h2_windows_opened "H2-65" h2_66_h2_upper_case "H2-66"
            h2_67_h2_odd_name "H2-67" h2_68_h2_odd_value "H2-68"
            h2_69_h2_blanks_around "H2-69" h2_70_h2_connection_fields "H2-70"
            h2_71_h2_te "H2-71" h2_72_h2_other_host "H2-72"
            h2_73_h2_lines_in_pseudo_fields "H2-73" h2_74_h2_blanks_in_pseudo_fields "H2-74"
            h2_75_h2_unknown_pseudo_field "H2-75" h2_76_h2_pseudo_field_twice "H2-76"
            h2_77_h2_late_pseudo_field "H2-77" h2_78_h2_pseudo_field_missing "H2-78"
            h2_79_h2_empty_path "H2-79" h2_80_h2_connect_with_path "H2-80"
            h2_81_h2_other_length "H2-81" h2_82_h2_length_without_body "H2-82"
            h2_83_h2_odd_length "H2-83" h2_84_h2_trailers_without_end "H2-84"
            h2_85_h2_pseudo_field_in_trailers "H2-85" h2_86_h2_odd_trailers "H2-86"
            h2_87_h2_body_in_frames "H2-87" h2_88_h2_streams_interleaved "H2-88"
            h2_89_h2_answers_well_formed "H2-89" h2_90_h2_length_of_answers "H2-90"
            h2_91_h2_head "H2-91" h2_92_h2_expect "H2-92"
            h2_93_h2_many_at_once "H2-93" h2_94_h2_trailers "H2-94"
            h2_95_h2_padded_head "H2-95" h2_96_h2_request_seen "H2-96"
            h2_97_h2_host_seen "H2-97" h2_98_h2_cookie_crumbs "H2-98"
            h2_99_h2_trailers_seen "H2-99" h2_100_h2_rapid_reset "H2-100"
            h2_101_h2_endless_block "H2-101" h2_102_h2_settings_flood "H2-102"
            h2_103_h2_empty_data_flood "H2-103" h2_104_h2_no_window "H2-104"
            h2_105_h2_block_bomb "H2-105"
        }
    };
    (tls $tried:ident) => {
        $crate::tests_of! { @ $tried
            tl_01_tls_12 "TL-01" tl_02_tls_13 "TL-02"
            tl_03_old_tls "TL-03" tl_04_broken_suites "TL-04"
            tl_05_triple_des "TL-05" tl_06_tls_compression "TL-06"
            tl_07_hello_in_pieces "TL-07" tl_08_malformed_hello "TL-08"
            tl_09_unknown_record "TL-09" tl_10_long_record "TL-10"
            tl_11_empty_records "TL-11" tl_12_half_handshakes "TL-12"
            tl_14_alpn_among_others "TL-14" tl_15_alpn_unknown "TL-15"
            tl_16_alpn_h2 "TL-16" tl_17_unknown_name "TL-17"
            tl_18_other_host "TL-18" tl_19_close_notify "TL-19"
            tl_20_client_says_close "TL-20" tl_21_cut_body "TL-21"
            tl_22_plain_http "TL-22" tl_23_early_data "TL-23"
            tl_24_https_scheme "TL-24"
        }
    };
    (middleware $tried:ident) => {
        $crate::tests_of! { @ $tried
            mw_01_reaches_the_app "MW-01" mw_02_lint "MW-02"
            mw_03_outside_is_seen_inside "MW-03" mw_04_environment_comes_back "MW-04"
            mw_05_callbacks "MW-05" mw_23_lint_advice "MW-23"
            mw_06_lines_of_a_request "MW-06" mw_07_lines_of_an_answer "MW-07"
            mw_08_request_stays "MW-08" mw_09_answer_stays "MW-09"
            mw_10_body_of_a_request "MW-10" mw_11_request_streams "MW-11"
            mw_12_trailers_of_a_request "MW-12" mw_13_body_of_an_answer "MW-13"
            mw_14_flush "MW-14" mw_15_back_pressure "MW-15"
            mw_16_trailers_of_an_answer "MW-16" mw_17_error "MW-17"
            mw_18_panic "MW-18" mw_19_late_error "MW-19"
            mw_20_cancellation "MW-20" mw_21_upgrade "MW-21"
            mw_22_calls_apart "MW-22"
        }
    };
    ($other:ident $tried:ident) => {
        compile_error!(concat!(
            "there is no profile `",
            stringify!($other),
            "`; there are: required, common, lifetime, sendfile, opaque, websocket, http1, smuggling, limits, http2, tls, middleware"
        ));
    };
}
