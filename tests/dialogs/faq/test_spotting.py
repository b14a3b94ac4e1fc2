"""Words are found in each sentence for itself, whatever stands beside it."""

from __future__ import annotations

from hypothesis import given, strategies as st

from dialogs.faq.spotting import Spotter

SIGNS = "かきん口座𠮷a "
WORDS = st.lists(st.tuples(st.text(SIGNS, min_size=1, max_size=5), st.sampled_from("xyz")), max_size=8)


@given(
    WORDS, WORDS, st.lists(st.tuples(st.text(SIGNS, max_size=8), st.text(SIGNS, max_size=8)), min_size=1, max_size=4)
)
def test_names_are_those_of_the_words_that_stand_in_each_sentence(
    written: list[tuple[str, str]], sounding: list[tuple[str, str]], sentences: list[tuple[str, str]]
) -> None:
    spotter = Spotter(written, sounding, at_word_start=False)
    assert spotter.names([one for one, _ in sentences], [sound for _, sound in sentences]) == [
        {name for word, name in written if word in one} | {name for word, name in sounding if word in sound}
        for one, sound in sentences
    ]


def test_where_spaces_divide_words_a_word_is_found_where_one_begins() -> None:
    spotter = Spotter([("how", "way")], [], at_word_start=True)
    texts = ["Howard: how", "howard", "show me", "(how)"]
    assert spotter.names([text.casefold() for text in texts], [""] * 4) == [{"way"}, {"way"}, set(), {"way"}]
