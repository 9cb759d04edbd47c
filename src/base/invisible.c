/* SPDX-License-Identifier: ISC */
#include "invisible.h"

#include <stddef.h>

/* The spaces (Zs, Zl, Zp), controls (Cc) and default ignorable characters of Unicode, and
 * the blank of Braille. In ascending order. */
static const struct {
    uint32_t first, last;
    const char *name;
} ranges[] = {
    {0x0080, 0x009f, "control character"},  {0x00a0, 0x00a0, "no-break space"},
    {0x00ad, 0x00ad, "soft hyphen"},        {0x034f, 0x034f, "combining grapheme joiner"},
    {0x061c, 0x061c, "direction mark"},     {0x115f, 0x1160, "Hangul filler"},
    {0x1680, 0x1680, "Ogham space mark"},   {0x17b4, 0x17b5, "Khmer inherent vowel"},
    {0x180b, 0x180f, "Mongolian selector"}, {0x2000, 0x200a, "typographic space"},
    {0x200b, 0x200b, "zero width space"},   {0x200c, 0x200c, "zero width non-joiner"},
    {0x200d, 0x200d, "zero width joiner"},  {0x200e, 0x200f, "direction mark"},
    {0x2028, 0x2028, "line separator"},     {0x2029, 0x2029, "paragraph separator"},
    {0x202a, 0x202e, "direction mark"},     {0x202f, 0x202f, "narrow no-break space"},
    {0x205f, 0x205f, "mathematical space"}, {0x2060, 0x2060, "word joiner"},
    {0x2061, 0x2065, "invisible operator"}, {0x2066, 0x2069, "direction mark"},
    {0x206a, 0x206f, "format character"},   {0x2800, 0x2800, "Braille blank"},
    {0x3000, 0x3000, "ideographic space"},  {0x3164, 0x3164, "Hangul filler"},
    {0xfe00, 0xfe0f, "variation selector"}, {0xfeff, 0xfeff, "byte order mark"},
    {0xffa0, 0xffa0, "Hangul filler"},      {0xfff0, 0xfffb, "format character"},
    {0x1bca0, 0x1bca3, "format character"}, {0x1d173, 0x1d17a, "format character"},
    {0xe0000, 0xe0fff, "tag or selector"},
};

const char *herd_invisible_name(uint32_t value)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i].first <= value;
         i++)
        if (value <= ranges[i].last)
            return ranges[i].name;
    return NULL;
}
