"""XLSForm's other words, as ODK, Kobo, Ona and Enketo have written them over the years, and what they are to us.

Promise: what is listed here is either the same thing in our words, or has no meaning where people talk
(layout, the device, the server) and is left out with a warning.  What is in no list is refused by name.
The words are those of the XLSForm reference (xlsform.org), of its converter's older spellings, and of Kobo's exports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The columns of each sheet in other spellings, blanks as underscores, and where a workbook says ``bot`` for no
#: column of the survey.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "survey": {
        "command": "type",
        "tag": "name",
        "value": "name",
        "caption": "label",
        "relevance": "relevant",
        "skip_logic": "relevant",
        "readonly": "read_only",
        "read-only": "read_only",
        "calculate": "calculation",
        "count": "repeat_count",
        "jr:count": "repeat_count",
        "requiredmsg": "required_message",
        "required_msg": "required_message",
        "jr:requiredmsg": "required_message",
        "constraint-msg": "constraint_message",
        "constraint_msg": "constraint_message",
        "constraining_message": "constraint_message",
        "jr:constraintmsg": "constraint_message",
        "bind::relevant": "relevant",
        "bind::required": "required",
        "bind::readonly": "read_only",
        "bind::constraint": "constraint",
        "bind::calculate": "calculation",
        "bind::jr:constraintmsg": "constraint_message",
        "bind::jr:requiredmsg": "required_message",
        "control::appearance": "appearance",
        "body::appearance": "appearance",
    },
    "choices": {"caption": "label", "value": "name", "listname": "list_name", "bot::button": "button"},
    "settings": {
        "form_id": "id",
        "id_string": "id",
        "set_form_id": "id",
        "form_title": "title",
        "set_form_title": "title",
        "form_version": "version",
        "bot::title": "title",
        "bot::required_items": "required_items",
        "bot::upgrade": "upgrade",
    },
}

#: Pictures and sounds beside a text; a chat shows the text alone.
MEDIA = frozenset({"image", "big-image", "audio", "video"})

_UNUSED: Mapping[str, re.Pattern[str]] = {
    "survey": re.compile(
        r"appearance|parameters|guidance_hint|autoplay|hxl|rows|accuracythreshold|note_for_enumerators|"
        r"(media::)?(image|big-image|audio|video)|"
        # What the server or the page does with a node, and Kobo's own keys.
        r"(body|control|instance)::.*|\$.*|kobo--.*|_.*|sms_.*|"
        # What authors write for one another.
        r"(.*[:_ ])?(notes?|comments?|remarks?|備考|メモ)"
    ),
    "choices": re.compile(r"(media::)?(image|big-image|audio|video)|order|\$.*|kobo--.*"),
    "settings": re.compile(
        r"style|public_key|submission_url|auto_send|auto_delete|instance_name|instance_id|instance_xmlns|"
        r"omit_instanceid|allow_choice_duplicates|sms_.*|name|xmlns|namespaces|attribute::.*|prefix|delimiter|"
        r"compact_.*|flat|clean_text_values|client_editable|entity_version|add_none_option|theme|path|xml_root|"
        r"kobo.*|style_.*|_.*|\$.*"
    ),
}


def is_unused(sheet: str, column: str) -> bool:
    """Whether a column says something that means nothing where people talk; its language does not matter."""
    pattern = _UNUSED[sheet]
    return any(pattern.fullmatch(name) for name in (column, column.rpartition("::")[0]) if name)


#: An appearance that changes what is asked or where choices come from, and is no layout.
BINDING_APPEARANCE = re.compile(r"search\s*\(|\bex:|\b(month-year|year|bikram-sambat|ethiopian|coptic|islamic)\b", re.I)

_ONE = ("one", "1", "one_from", "one_using", "one_from_list")
_MANY = ("multiple", "multiple_from", "multiple_using", "all", "all_that_apply", "all_that_apply_from",
         "all_that_apply_using")  # fmt: skip
#: Types in other spellings, blanks as underscores, without the courtesies around them (``_shortened``).
_TYPES: Mapping[str, str] = {
    "string": "text",
    "int": "integer",
    "trigger": "acknowledge",
    "tel": "phone_number",
    "begin_lgroup": "begin_repeat",
    "end_lgroup": "end_repeat",
    "begin_looped_group": "begin_repeat",
    "end_looped_group": "end_repeat",
}
_COURTESIES = re.compile(r"^(?:q|add|get)_|_prompt$")
_SELECT = re.compile(
    r"(?:q |add )?select[ _]?("
    + "|".join(sorted((word.replace("_", "[ _]+") for word in (*_ONE, *_MANY)), key=len, reverse=True))
    + r")(?: prompt)?(?: using| from)? +(?=\S)",
    re.IGNORECASE,
)
_OR_OTHER = re.compile(r"\s+(?:or[ _]other|or[ _]specify[ _]other)$", re.IGNORECASE)

#: What a device or its server notes by itself; a conversation has times, channel and account of its own.
METADATA = frozenset({
    "start", "start_time", "end", "end_time", "deviceid", "device_id", "imei", "subscriberid", "subscriber_id",
    "simserial", "get_phone_number", "sim_id", "sim_serial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-audio", "background-geopoint", "uri:deviceid", "uri:username", "uri:email",
    "uri:phonenumber", "uri:simserial", "uri:subscriberid",
})  # fmt: skip

#: What to do instead of a type that has no place in a chat (``check.instead.*``).
ADVICE: Mapping[str, tuple[str, ...]] = {
    "media": ("image", "photo", "audio", "video", "file", "background-audio", "signature", "draw", "annotate"),
    "place": ("geopoint", "gps", "location", "geotrace", "geoshape", "osm"),
    "time": ("time", "datetime", "date_time"),
    "code": ("barcode",),
    "rank": ("rank",),
    "outside": ("select_one_from_file", "select_multiple_from_file", "select_one_external", "select_multiple_external",
                "xml-external", "csv-external", "include"),
    "loop": ("begin_loop", "end_loop"),
}  # fmt: skip
_ADVICE_FOR = {name: advice for advice, names in ADVICE.items() for name in names}


def advice_for(written: str) -> str:
    """What to do instead of a type that is not supported: a key, or empty."""
    words = written.lower().split()
    found = (_ADVICE_FOR.get(name) for name in (_shortened(written), *words[:1], "_".join(words[:2])))
    return next(filter(None, found), "")


def type_of(written: str) -> tuple[str, bool]:
    """A type in our words, and whether a select takes "or other"; what is none of ours stays as it is written."""
    plain = " ".join(written.split())
    other = _OR_OTHER.search(plain)
    if written.startswith(("select_one ", "select_multiple ")) and other is None:
        return written, False
    found = _SELECT.match(plain)
    if found is not None:
        one = re.sub(r"[ _]+", "_", found[1].lower()) in _ONE
        rest = plain[found.end() :]
        return f"select_{'one' if one else 'multiple'} {_OR_OTHER.sub('', rest)}", other is not None
    if plain.lower() in ("begin group", "end group", "begin repeat", "end repeat"):
        return plain.lower(), False
    short = _shortened(plain)
    return (_TYPES.get(short, short) if short in _KNOWN or short in _TYPES else plain), False


def _shortened(written: str) -> str:
    """A type in small letters, without the courtesies of older forms (``add .. prompt``, ``q ..``, ``get ..``)."""
    joined = "_".join(written.lower().split())
    return joined if joined in METADATA else _COURTESIES.sub("", _COURTESIES.sub("", joined))


#: What ``type_of`` may give beside the selects.
_KNOWN = frozenset({
    "text", "integer", "decimal", "date", "note", "calculate", "acknowledge", "begin_group", "end_group",
    "begin_repeat", "end_repeat", "range", "percentage", "phone_number", "hidden", "today", *METADATA,
})  # fmt: skip
