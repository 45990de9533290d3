"""Ids and the keys under which the tables and the hash chain know them, as base/id.hpp says."""
import hashlib
import re

EPOCH_MS = 1_577_836_800_000  # 2020-01-01
MASK = (1 << 64) - 1


def _check(key):
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9 & MASK
    key = (key ^ key >> 27) * 0x94d049bb133111eb & MASK
    return (key ^ key >> 31) & (1 << 54) - 1


def id_of(key):
    """The text of one of our own ids; of an imported one a text that stands for it."""
    if key < 0:
        return f"#{key}"
    high = ((key >> 20) + EPOCH_MS) << 16 | 0x7000 | key >> 8 & 0xfff
    low = 1 << 63 | (key & 0xff) << 54 | _check(key)
    digits = f"{high:016x}{low:016x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def key_of(text):
    """The key of an id."""
    if re.fullmatch(r"#-[1-9][0-9]*", text):
        return int(text[1:])
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        digits = text.replace("-", "")
        high, low = int(digits[:16], 16), int(digits[16:], 16)
        key = (high >> 16) - EPOCH_MS << 20 | (high & 0xfff) << 8 | low >> 54 & 0xff
        if 0 <= key < 1 << 62 and id_of(key) == text:
            return key
    return -1 - (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1)
