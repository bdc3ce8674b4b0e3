/*
 * cmocka needs these headers before its own; every unit test includes this file instead.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Asserts on statuses that name the code in the failure. */
#define assert_ok(expr) assert_string_equal(hf_code_info((expr).code)->name, "ok")
#define assert_code(expr, NAME)                                                                    \
    assert_string_equal(hf_code_info((expr).code)->name, hf_code_info(HF_##NAME)->name)
