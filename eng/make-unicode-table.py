#!/usr/bin/env python3
"""Writes src/Data/Tokenizers/Normalizers/unicode.txt: what normal forms need from the Unicode character database.

    eng/make-unicode-table.py > src/Data/Tokenizers/Normalizers/unicode.txt

Lines, all numbers in hexadecimal: "pair COMPOSED FIRST SECOND"; "apart CHARACTER PARTS..." for characters that decompose but
are never composed again; "compat CHARACTER PARTS..." for characters that only forms KC and KD replace by others; "class
FIRST LAST CLASS" for characters that are ordered by a combining class.
"""
import sys
import unicodedata as u

print(f"# Unicode {u.unidata_version}, written by eng/make-unicode-table.py")
for code in range(sys.maxunicode + 1):
    character = chr(code)
    parts = u.decomposition(character).split()
    if parts and parts[0].startswith("<"):
        print("compat", f"{code:X}", *(part.lstrip("0") for part in parts[1:]))
    if not parts or parts[0].startswith("<") or 0xAC00 <= code <= 0xD7A3:
        continue
    kind = "pair" if u.normalize("NFC", character) == character else "apart"
    assert kind == "apart" or len(parts) == 2
    print(kind, f"{code:X}", *(part.lstrip("0") for part in parts))

code = 0
while code <= sys.maxunicode:
    first, combining = code, u.combining(chr(code))
    while code <= sys.maxunicode and u.combining(chr(code)) == combining:
        code += 1
    if combining:
        print("class", f"{first:X}", f"{code - 1:X}", f"{combining:X}")
