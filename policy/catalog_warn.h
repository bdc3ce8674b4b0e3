/*
 * What a catalog's author should look at again: a class that is looser than what the field seems to
 * be. Not mistakes: the department alone knows its data, and the catalog is used as it stands.
 */
#pragma once

#include "policy/catalog.h"
#include "policy/problems.h"

/**
 * hf_catalog_warn() - add a word for each field whose class looks wrong
 * @text:     the very text that @catalog was compiled from: for line and column
 * @warnings: `where` is the dataset and the field's path: "tax/payment items[].id_no"
 *
 * A field is known by its `identifier`, else by its name. Once for each place in the text, also
 * where several operations share a schema. Cost: O(leaves). Errors: none; the list is bounded, the
 * rest is counted.
 */
void hf_catalog_warn(const struct hf_catalog *catalog, hf_bytes text, struct hf_problems *warnings);
