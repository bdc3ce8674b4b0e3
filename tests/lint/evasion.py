"""Every way past redaction that is known has a test, which exists.

The list is of what people have tried, or would try, so that a value leaves that should not. Tests of
policy/redact* and policy/detect* run each document in chunks of 1, 2, 3, 7, 64, 1000 and 16384 bytes
and whole, with and without the machine's own instructions (redact_assert.h, test_detect.c).
"""

import re

import common

N_CASES = 54
WALK, LEAF, STRING = (f"unit/policy/test_redact_{part}.c" for part in ("walk", "leaf", "string"))
NUMBER, DETECT, CASES = (f"unit/policy/test_{part}.c" for part in ("redact_number", "detect", "redact_cases"))
SOURCES, EVASION, EXITS, REVOCATION = (
    f"e2e/test_{part}.py" for part in ("sources", "evasion", "exits", "revocation"))

TESTS = {
    # names
    1: ("escaped name", f"{WALK}::an_escaped_name_is_the_name_it_spells"),
    2: ("hex digits of both cases", f"{WALK}::hex_digits_of_either_case_spell_the_same_name"),
    3: ("surrogate pair in a name", f"{WALK}::a_pair_of_surrogates_spells_one_character_of_a_name"),
    4: ("allowed name twice, plain and escaped", f"{WALK}::a_second_copy_of_a_known_member_is_a_fault"),
    5: ("twice, object then scalar", f"{WALK}::a_second_copy_is_a_fault_whatever_the_copies_hold"),
    6: ("another case", f"{CASES}::case_06_another_case_is_another_name"),
    7: ("space or NUL at the end of a name", f"{CASES}::case_07_a_space_or_nul_behind_a_name"),
    8: ("NFD for NFC", f"{WALK}::composed_and_decomposed_names_differ"),
    9: ("full width and look-alikes", f"{WALK}::a_name_that_only_looks_alike_is_another_name"),
    10: ("empty name", f"{WALK}::an_empty_name_is_a_name"),
    11: ("long name with an allowed beginning", f"{WALK}::a_long_name_that_begins_like_a_known_one_is_unknown"),
    12: ("syntax of paths in a name", f"{WALK}::path_syntax_in_a_name_means_nothing"),
    13: ("__proto__", f"{WALK}::names_of_other_languages_plumbing_mean_nothing"),
    14: ("names with one hash", f"{CASES}::case_14_names_that_share_a_hash"),
    # structure
    15: ("container at a leaf", f"{WALK}::a_container_at_a_leaf_is_dropped"),
    16: ("scalar for an object", f"{WALK}::a_scalar_in_the_place_of_a_container_is_dropped"),
    17: ("one array more", f"{WALK}::one_array_more_is_one_too_many"),
    18: ("root of another shape", f"{WALK}::a_root_that_is_withheld_is_null",
         f"{WALK}::a_root_may_be_a_scalar_or_an_array"),
    19: ("depth", f"{WALK}::the_65th_container_is_a_fault", f"{WALK}::a_hundred_thousand_arrays_are_a_fault_like_65"),
    20: ("bytes behind the value, lines", "e2e/test_lines.py::test_what_is_no_line_is_malformed", f"{WALK}::bytes_behind_the_value_are_a_fault", f"{WALK}::a_nul_byte_is_no_white_space"),
    21: ("almost JSON", f"{WALK}::what_is_almost_json_is_a_fault", f"{NUMBER}::what_is_no_json_number_is_a_fault"),
    22: ("JSON in a string", f"{WALK}::json_inside_a_string_stays_a_string", f"{CASES}::case_22_json_and_base64_in_a_text"),
    23: ("markup in a string", f"{CASES}::case_23_markup_in_a_text"),
    24: ("emptied containers", f"{WALK}::containers_that_are_emptied_stay"),
    25: ("commas", f"{WALK}::commas_follow_what_is_kept_and_not_what_was_there"),
    26: ("a template for an answer", f"{WALK}::a_template_instead_of_json_is_a_fault"),
    # values
    27: ("digits as escapes", f"{DETECT}::case_27_digits_as_escapes"),
    28: ("full width", f"{DETECT}::case_28_full_width"),
    29: ("other digits", f"{DETECT}::case_29_other_digits"),
    30: ("separators", f"{DETECT}::case_30_separators"),
    31: ("two joined", f"{DETECT}::case_31_two_joined"),
    32: ("inside a longer run", f"{DETECT}::case_32_inside_a_longer_run"),
    33: ("lower case, old numbers", f"{DETECT}::case_33_lower_case_and_old"),
    34: ("country code", f"{DETECT}::case_34_country_code"),
    35: ("split over two fields: a limit", f"{DETECT}::case_35_split_over_two_fields_is_not_found",
         f"{CASES}::case_35_each_half_stays"),
    36: ("as a number", f"{DETECT}::case_36_a_phone_as_a_number",
         "unit/policy/test_redact_text.c::case_36_an_integer_that_is_an_identifier_is_withheld"),
    37: ("reversed", f"{DETECT}::case_37_reversed"),
    38: ("masked by the source", f"{DETECT}::case_38_masked_by_the_source_stays"),
    39: ("cut anywhere", f"{DETECT}::case_39_cut_anywhere"),
    40: ("an amount like a card", f"{DETECT}::case_40_an_amount_that_looks_like_a_card"),
    41: ("edges of numbers", f"{CASES}::case_41_edges_of_numbers_under_rounding", f"{CASES}::case_41_edges_of_ranges"),
    42: ("a name", f"{DETECT}::case_42_a_name_stays"),
    # encoding
    43: ("encodings", f"{STRING}::overlong_forms_are_refused", f"{STRING}::surrogates_as_bytes_are_refused",
         f"{STRING}::lone_halves_of_pairs_are_refused", f"{STRING}::code_points_beyond_the_last_are_refused",
         f"{STRING}::stray_and_missing_continuations_are_refused", f"{STRING}::gbk_is_refused",
         f"{STRING}::a_byte_order_mark_or_utf16_is_refused", f"{CASES}::case_43_a_character_that_is_cut_by_the_end"),
    44: ("control characters", f"{STRING}::raw_control_characters_are_refused"),
    45: ("line separators", f"{STRING}::del_and_line_separators_are_characters_like_others"),
    # the way there
    46: ("every way of framing", f"{EVASION}::test_every_way_of_framing_the_body_gives_the_same_bytes",
         "unit/policy/test_redact.c::every_chunk_size_of_a_busy_document_gives_the_same"),
    47: ("an end too early", f"{SOURCES}::test_an_end_too_early_after_data_has_left",
         f"{SOURCES}::test_a_reset_after_data_has_left", f"{WALK}::a_body_that_ends_early_is_a_fault_at_every_byte"),
    48: ("coded bodies", f"{EXITS}::test_what_is_no_whole_gzip_is_malformed",
         f"{EXITS}::test_gzip_without_its_name_is_malformed", f"{EXITS}::test_no_other_coding_is_undone",
         f"{EXITS}::test_a_bomb_is_cut_before_it_is_large", "unit/base/test_gunzip.c::a_second_member_is_malformed"),
    49: ("lies about the type", f"{EXITS}::test_another_type_or_charset_is_malformed",
         f"{EXITS}::test_a_charset_that_lies_is_malformed"),
    50: ("malformed after 10 MB", f"{SOURCES}::test_malformed_after_ten_megabytes",
         "unit/policy/test_redact.c::a_fault_after_ten_megabytes_ends_a_clean_prefix"),
    51: ("slow ends", f"{SOURCES}::test_a_slow_source_is_relayed_as_it_speaks",
         "e2e/test_streaming.py::test_a_slow_reader_costs_no_memory", "e2e/test_siege.py::test_a_bank_that_does_not_read"),
    52: ("rules and consents that change meanwhile", f"{EVASION}::test_an_answer_keeps_the_rules_that_it_began_with",
         f"{REVOCATION}::test_a_revocation_cuts_a_running_answer"),
    53: ("other exits", f"{EXITS}::test_no_field_of_the_source_passes",
         f"{EXITS}::test_trailers_of_the_source_do_not_pass",
         f"{EXITS}::test_the_body_of_another_status_is_replaced", f"{SOURCES}::test_a_redirect_is_not_followed"),
    54: ("length and timing: a limit", f"{CASES}::case_54_length_tells_how_much_was_kept"),
}
LIMITS = {35: ("docs/catalog-and-policy.md", "an identifier of which two fields hold a part"),
          54: ("docs/threat-model.md", "**Length and timing.**")}


def read(root, path):
    try:
        return common.read(root, path)
    except FileNotFoundError:
        return ""


def check(root, tests=None):
    tests = TESTS if tests is None else tests
    for number in range(1, N_CASES + 1):
        if len(tests.get(number, ())) < 2:
            yield f"case {number}: no test is named"
    for number, (name, *named) in tests.items():
        for file, _, test in (one.partition("::") for one in named):
            if not re.search(rf"\b(?:def|void) {test}\(", read(root, "tests/" + file)):
                yield f"case {number} ({name}): there is no {file}::{test}"
    for number, (document, words) in LIMITS.items():
        if words not in " ".join(read(root, document).split()):
            yield f"case {number}: {document} does not tell of the limit"


if __name__ == "__main__":
    common.main(check)
