"""Text that comes in pieces is cut into sentences, and nothing of it is lost."""

from hypothesis import given
from hypothesis import strategies as st

from viraltracker.worker.sentences import Sentences

WORDS = st.text(alphabet="ab .!?,\n\"'3…。", max_size=300)


def cut(pieces: list[str]) -> list[str]:
    sentences = Sentences()
    done = [sentence for piece in pieces for sentence in sentences.feed(piece)]
    return [*done, rest] if (rest := sentences.finish()) else done


@given(pieces=st.lists(WORDS, max_size=8))
def test_all_that_is_not_blank_comes_out_in_order(pieces: list[str]) -> None:
    assert "".join("".join(cut(pieces)).split()) == "".join("".join(pieces).split())


@given(text=WORDS, at=st.integers(0, 300))
def test_where_the_text_was_cut_on_its_way_makes_no_difference_to_short_lines(text: str, at: int) -> None:
    assert cut([text[:at], text[at:]]) == cut([text])


def test_a_sentence_is_given_out_as_soon_as_it_has_ended() -> None:
    sentences = Sentences()
    assert sentences.feed("He left. She") == ["He left."]
    assert sentences.feed(" stayed at 3.5 miles") == []
    assert sentences.feed('. "Why?" ') == ["She stayed at 3.5 miles.", '"Why?"']


def test_a_sentence_without_an_end_is_not_waited_for() -> None:
    long = "word " * 200
    parts = cut([long])
    assert len(parts) > 1
    assert max(map(len, parts)) <= 400
